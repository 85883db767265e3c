// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

let isRoot = geteuid() == 0

/// This checkout.
let project = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

/// The built command: `BERTH_BIN`, which CI sets to the release, or the debug build.
let berthExecutable: String = {
    guard let given = getenv("BERTH_BIN") else { return project + "/.build/debug/berth" }
    return String(cString: given)
}()

/// A state directory and a scratch directory of one test, and `berth` run in them.
final class Workplace {
    let directory: String

    init() throws {
        var template = Array("/tmp/berth-integration.XXXXXX".utf8CString)
        directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
    }

    deinit {
        do {
            try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(String(directory.dropFirst(5)))
        } catch {
            Issue.record(error, "the test's directory is not gone")
        }
    }

    struct Result {
        var status: CInt
        var output: String
        var errors: String
    }

    /// Writes a file into the scratch directory and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        let path = "\(directory)/\(name)"
        try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644).writeAll(Array(text.utf8))
        return path
    }

    func contents(_ path: String) throws -> String {
        String(decoding: try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 8 << 20), as: UTF8.self)
    }

    /// Runs `berth` to its end.
    func berth(_ arguments: String..., environment: [String] = []) throws -> Result {
        try finish(try start(arguments, environment: environment))
    }

    struct Started {
        var pid: pid_t
        var output: String
        var errors: String
    }

    /// Starts `berth` with its streams on files, so that no pipe can fill up.
    func start(_ arguments: [String], environment: [String] = []) throws -> Started {
        try start(berthExecutable, ["berth"] + arguments, environment)
    }

    func start(_ program: String, _ arguments: [String], _ environment: [String] = []) throws -> Started {
        let (output, errors) = (try file("output", ""), try file("errors", ""))
        let out = try OwnedDescriptor.open(output, O_WRONLY | O_APPEND)
        let err = try OwnedDescriptor.open(errors, O_WRONLY | O_APPEND)
        let null = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        let variables = [
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "BERTH_STATE_DIR=\(directory)/state", "TERM=xterm",
            // The tests of the network have a host of their own for it: see `NetworkTests`.
            "BERTH_NETWORK=none",
        ]
        let given = Set(environment.map { $0.prefix { $0 != "=" } })
        let kept = variables.filter { variable in !given.contains(variable.prefix { $0 != "=" }) }
        var envp: [UnsafeMutablePointer<CChar>?] = (environment + kept).map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in [(0, null.rawValue), (1, out.rawValue), (2, err.rawValue)] as [(CInt, CInt)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, number)
        }
        var pid: pid_t = 0
        try #require(posix_spawn(&pid, program, &actions, nil, &argv, &envp) == 0, "cannot start \(program)")
        return Started(pid: pid, output: output, errors: errors)
    }

    func finish(_ started: Started) throws -> Result {
        var status: CInt = 0
        try retrying { waitpid(started.pid, &status, 0) }
        return Result(
            status: clinux_exit_code(status), output: try contents(started.output), errors: try contents(started.errors)
        )
    }

    /// Waits until standard error, or output, says so; a run that ends before fails the test.
    func wait(
        _ started: Started, _ path: KeyPath<Started, String> = \.errors, _ isThere: (String) -> Bool
    ) throws {
        while true {
            let text = try contents(started[keyPath: path])
            if isThere(text) { return }
            var information = siginfo_t()
            try retrying { waitid(P_PID, id_t(started.pid), &information, WEXITED | WNOHANG | WNOWAIT) }
            try #require(information.si_signo == 0, "it ended: \(text)")
            usleep(10_000)
        }
    }

    /// What of this place's runs is left on the host: directories of runs, cgroups of their pods.
    func leftovers() throws -> [String] {
        let runs = "\(directory)/state/runs"
        guard access(runs, F_OK) == 0 else { return [] }
        return try OwnedDescriptor.open(runs, O_RDONLY | O_DIRECTORY).names()
    }
}

/// A Job of one busybox container that runs `script`.
func manifest(_ name: String, _ script: String, _ more: String = "") -> String {
    """
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: \(name)
    spec:
      backoffLimit: 0
    \(more.isEmpty ? "" : "  " + more + "\n")\
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: busybox
            command: ["sh", "-c", \(quoted(script))]
    """
}

private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
}
