// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Seccomp

/// One run of berth-unpack: closed in with the directory that it fills as its whole root, without network, devices or
/// anything of the host, the default seccomp filter around it.
struct Unpacking {
    /// What names like `.wh.x` mean.
    enum Kind: String { case layer, tree }

    /// What it unpacked.
    struct Result: Hashable {
        /// SHA-256 of the uncompressed archive, in hexadecimal.
        var hash: String
        /// Of all files.
        var bytes: Int64
        var entries: Int64
        /// What was left out.
        var warnings: [String]
    }

    let kind: Kind
    /// The empty directory to fill.
    let target: String
    let limits: ImportLimits
    /// The path of berth-unpack.
    let program: String

    /// - Parameters:
    ///   - input: the archive, compressed or not.
    ///   - name: for messages.
    ///   - progress: is told how many bytes of `input` have been read, now and then; false gives it up.
    func run(_ input: CInt, name: String, progress: (Int64) -> Bool = { _ in true }) throws(ImageStoreError) -> Result {
        let output = try ProgramPipe(for: program)
        let container = try launch(input, output.writing.rawValue)
        var report = UnpackingReport()
        let status: ExitStatus
        do throws(Errno) {
            try report.read(from: output.readingEnd(), limits, progress) { () throws(Errno) in
                try container.send(signal: SIGKILL)
            }
            status = try container.wait().status
        } catch {
            throw .system(action: "follow", object: program, errno: error)
        }
        if let problem = report.problem { throw .source(path: name, problem: problem) }
        guard status == .exited(code: 0), let result = report.result else {
            throw .source(path: name, problem: "could not be unpacked: the program for it ended with \(status)")
        }
        try hideLowerLayers(below: report.opaque)
        return result
    }

    private func launch(_ input: CInt, _ output: CInt) throws(ImageStoreError) -> RunningContainer {
        let file = try attempt("open", program) { () throws(Errno) in try OwnedDescriptor.open(program, O_PATH) }
        let null = try attempt("open", "/dev/null") { () throws(Errno) in
            try OwnedDescriptor.open("/dev/null", O_WRONLY)
        }
        var closed = ClosedProgram(
            file: file.rawValue, arguments: ["berth-unpack"], root: target, seccomp: try Self.filter(),
            streams: (input, output, null.rawValue))
        closed.environment = [
            "UNPACK=\(kind.rawValue) \(limits.bytes) \(limits.entries) \(limits.depth)",
            // Swift looks for its own files, which aren't there, unless it is told where they are.
            "SWIFT_ROOT=/", "SWIFT_BACKTRACE=enable=no",
        ]
        closed.capabilities = .unpacking
        do throws(LaunchError) {
            return try closed.launch()
        } catch {
            throw .host(object: "the sandbox for berth-unpack", problem: error.description)
        }
    }

    private static func filter() throws(ImageStoreError) -> [UInt8]? {
        do throws(SeccompError) {
            return try SeccompCache(limit: 1)
                .program(for: .runtimeDefault, capabilities: CapabilitySet.unpacking.rawValue)?.bytes
        } catch {
            throw .host(object: "the sandbox for berth-unpack", problem: error.description)
        }
    }

    /// Marks the directories that hide what lower layers have there: for overlays of root and for those of users, which
    /// read different attributes. It takes a capability that the program doesn't have.
    private func hideLowerLayers(below directories: [[CChar]]) throws(ImageStoreError) {
        guard !directories.isEmpty else { return }
        try attempt("mark the opaque directories of", target) { () throws(Errno) in
            let root = try OwnedDescriptor.open(target, O_RDONLY | O_DIRECTORY)
            for path in directories { try Self.hide(path, in: root) }
        }
    }

    private static func hide(_ path: [CChar], in root: borrowing OwnedDescriptor) throws(Errno) {
        let number = root.rawValue
        let flags = UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let resolve = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
        do throws(Errno) {
            let directory = OwnedDescriptor(
                adopting: try retrying { clinux_openat2(number, path.count > 1 ? path : [46, 0], flags, 0, resolve) })
            try retrying { fsetxattr(directory.rawValue, "trusted.overlay.opaque", "y", 1, 0) }
            do throws(Errno) {
                try retrying { fsetxattr(directory.rawValue, "user.overlay.opaque", "y", 1, 0) }
            } catch {
                // A file system without attributes of users: no user's overlay can lie on it either.
                if error != ENOTSUP { throw error }
            }
        } catch {
            // A later entry took its place.
            guard error == ENOENT || error == ENOTDIR || error == ELOOP else { throw error }
        }
    }
}

extension CapabilitySet {
    /// CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETFCAP: what unpacking owners, modes and file capabilities takes.
    fileprivate static let unpacking = CapabilitySet(rawValue: 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 31)
}
