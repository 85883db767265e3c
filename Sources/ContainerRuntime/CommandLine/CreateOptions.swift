// SPDX-License-Identifier: Apache-2.0

/// What `create` and `run` take beside the ID.
struct CreateOptions {
    /// Absolute.
    let bundle: String
    /// Where the first process's pid is written.
    let pidFile: String?
    /// The socket to which the terminal's other end is sent.
    let consoleSocket: String?
    /// The socket to which a pidfd of the first process is sent.
    let pidfdSocket: String?
    /// That many descriptors from 3 on stay open in the container.
    let preservedDescriptors: Int
    let noPivot: Bool
    let noNewKeyring: Bool

    static var options: [Option] {
        [
            Option("bundle", "b", value: "DIR", help: "the bundle (default the working directory)"),
            Option("pid-file", value: "FILE", help: "where the pid of the container's process is written"),
            Option("console-socket", value: "SOCKET", help: "to which the terminal is sent"),
            Option("pidfd-socket", value: "SOCKET", help: "to which a pidfd of the container's process is sent"),
            Option("preserve-fds", value: "N", help: "leaves N descriptors from 3 on open in the container"),
            Option("no-pivot", help: "changes the root by chroot and mount moves, for a root in a ramdisk"),
            Option("no-new-keyring", help: "leaves the caller's session keyring"),
        ]
    }

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        bundle = try absolutePath(arguments["bundle"] ?? "")
        pidFile = arguments["pid-file"]
        consoleSocket = arguments["console-socket"]
        pidfdSocket = arguments["pidfd-socket"]
        preservedDescriptors = try preservedCount(arguments)
        noPivot = arguments.has("no-pivot")
        noNewKeyring = arguments.has("no-new-keyring")
    }
}

/// `--preserve-fds`; whether they are open is seen where they are taken.
func preservedCount(_ arguments: ParsedArguments) throws(RuntimeError) -> Int {
    try arguments.number("preserve-fds", in: 0...65536) ?? 0
}
