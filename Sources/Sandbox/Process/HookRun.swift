// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
package import Linux

/// One run of a hook: a process group of its own, the state on its standard input, its words kept for a message.
package struct HookRun: Sendable {
    package var path: String
    /// All of them, the name first.
    package var arguments: [String]
    package var environment: [String]
    /// In seconds, after which it is killed with its group; 0: as long as it takes.
    package var timeout: UInt32
    /// For its standard input; the byte 1 stands for the pid of a process that is yet to be made, as the container sees it.
    package var state: String
    /// It runs in these namespaces (CLONE_NEW*) of the process of this pidfd; nil: in our own.
    package var process: CInt?
    package var namespaces: CInt = 0

    package init(path: String, arguments: [String], environment: [String], timeout: UInt32, state: String) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.timeout = timeout
        self.state = state
    }

    /// How it ended, and the end of what it said.
    package enum End: Sendable {
        case exited(code: CInt, words: String)
        case signaled(CInt, words: String)
        /// It was killed after its timeout.
        case late(words: String)
    }

    /// Runs it and waits for its end.
    ///
    /// - Throws: why it could not be run.
    package func run() throws(Errno) -> End {
        var texts = LaunchSteps()
        var hook = texts.structure(of: self)
        var end = launch_hook_end()
        let result = launch_run_hook(&hook, UInt32(getpid()), &end)
        let errno = Errno.current
        texts.keep()
        if result < 0 { throw errno }
        let words = withUnsafeBytes(of: end.words) { String(decoding: $0.prefix(Int(end.length)), as: UTF8.self) }
        switch launch_hook_way(rawValue: end.how) {
        case HOOK_EXITED: return .exited(code: end.status, words: words)
        case HOOK_LATE: return .late(words: words)
        default: return .signaled(end.status, words: words)
        }
    }
}
