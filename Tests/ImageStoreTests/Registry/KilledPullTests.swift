// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Synchronization
import Testing

@testable import ImageStore

/// The built command: `BERTH_BIN`, which CI sets to the release, or the debug build.
private let berthExecutable: String = {
    if let given = getenv("BERTH_BIN") { return String(cString: given) }
    let parts = #filePath.utf8.split(separator: UInt8(ascii: "/")).dropLast(4)
    return parts.map { "/" + String(decoding: $0, as: UTF8.self) }.joined() + "/.build/debug/berth"
}()

@Suite(.enabled(if: isRoot && access(berthExecutable, X_OK) == 0, "needs root and the built berth"))
struct KilledPullTests {
    private func pull(_ name: String, _ scratch: Scratch) throws -> pid_t {
        let log = try OwnedDescriptor.open("\(scratch.path)/log", O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
        let null = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        let words: [String] = ["berth", "image", "pull", "--state-dir", scratch.state, name]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        // Without the signals that other tests may have blocked on this thread.
        let error = clinux_spawn_program(
            berthExecutable, &arguments, &variables, null.rawValue, log.rawValue, &pid)
        try #require(error == 0)
        return pid
    }

    private func end(_ pid: pid_t) throws -> CInt {
        var status: CInt = 0
        try retrying { waitpid(pid, &status, 0) }
        return clinux_exit_code(status)
    }

    /// The processes that `parent` started.
    private func children(of parent: pid_t) throws -> [String] {
        try OwnedDescriptor.open("/proc", O_RDONLY | O_DIRECTORY).names().filter { name in
            Int(name) != nil && (try? text("/proc/\(name)/status"))?.contains("PPid:\t\(parent)\n") == true
        }
    }

    @Test(
        "A pull that was killed takes its curl along, and the next goes on where it was", arguments: [SIGKILL, SIGTERM])
    func killed(signal: CInt) throws {
        let image = TestImage(layers: 1, size: 2_000_000)
        let isStalling = Atomic(true)
        let server = try ScriptedServer { request in
            var reply = image.reply(to: request)
            if request.path.hasSuffix(image.layerDigests[0]), isStalling.load(ordering: .relaxed) {
                reply.headers["Content-Length"] = "\(reply.body.count)"
                reply.cut = 1_000_000
                reply.stalls = true
            }
            return reply
        }
        let scratch = try Scratch()
        let name = "\(server.authority)/x:v1"
        let pid = try pull(name, scratch)
        let partial = "\(scratch.state)/images/blobs/partial/sha256-\(image.layerDigests[0].dropFirst(7))"
        while status(partial)?.st_size ?? 0 < 900_000 {
            let (isRunning, log) = (try children(of: getpid()).contains("\(pid)"), try text(scratch.path + "/log"))
            try #require(isRunning, "\(log)")
            usleep(5000)
        }
        let started = try children(of: pid)
        #expect(started.count == 1)
        kill(pid, signal)
        #expect(try end(pid) != 0)
        for child in started {
            while (try? text("/proc/\(child)/cmdline"))?.contains("curl") == true { usleep(5000) }
        }
        isStalling.store(false, ordering: .relaxed)
        let last = try end(pull(name, scratch))
        let log = try text(scratch.path + "/log")
        #expect(last == 0, "\(log)")
        try scratch.expectHas(image)
        #expect(server.requests(image.layerDigests[0]).map { $0.first ?? 0 >= 900_000 } == [false, true])
    }
}
