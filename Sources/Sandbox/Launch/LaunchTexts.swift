// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux

/// The texts and numbers that the last steps of a launch use, held for as long as it takes.
package struct LaunchTexts {
    package var arguments: [String]
    package var environment: [String]
    /// Paths to execute, tried in order.
    package var candidates: [String]
    package var groups: [UInt32]
    /// BPF, 8 bytes an instruction.
    package var filter: [UInt8]

    package init(
        arguments: [String], environment: [String], candidates: [String], groups: [UInt32], filter: [UInt8]
    ) {
        self.arguments = arguments
        self.environment = environment
        self.candidates = candidates
        self.groups = groups
        self.filter = filter
    }

    /// Where the program may be: itself when it has a slash, else in each directory of the container's `PATH`.
    package static func candidates(for program: String, environment: [String]) -> [String] {
        if program.utf8.contains(UInt8(ascii: "/")) { return [program] }
        let entry = environment.last { $0.utf8.starts(with: "PATH=".utf8) }
        let path =
            entry.map { String($0.dropFirst(5)) } ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { part in
            let directory = String(Substring(part))
            if directory.isEmpty { return "./\(program)" }
            return part.last == UInt8(ascii: "/") ? "\(directory)\(program)" : "\(directory)/\(program)"
        }
    }

    /// Fills the plan with what must live until it has been carried out, and has `body` do that, all signals blocked.
    func withPlan(
        _ plan: inout launch_plan, _ steps: inout LaunchSteps, _ body: (UnsafePointer<launch_plan>) -> pid_t
    ) -> pid_t {
        let candidates = steps.array(self.candidates)
        let arguments = steps.array(self.arguments)
        let environment = steps.array(self.environment)
        var filled = plan
        let (groups, filter, ops) = (self.groups, self.filter, steps.ops)
        return ops.withUnsafeBufferPointer { ops in
            groups.withUnsafeBufferPointer { groups in
                filter.withUnsafeBytes { filter in
                    candidates.withUnsafeBufferPointer { candidates in
                        arguments.withUnsafeBufferPointer { arguments in
                            environment.withUnsafeBufferPointer { environment in
                                filled.ops = ops.baseAddress
                                filled.count = UInt32(ops.count)
                                filled.groups = groups.baseAddress
                                filled.group_count = UInt32(groups.count)
                                filled.filter = filter.baseAddress
                                filled.filter_length = UInt16(filter.count / 8)
                                filled.candidates = UnsafeRawPointer(candidates.baseAddress)?
                                    .assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                                filled.arguments = arguments.baseAddress
                                filled.environment = environment.baseAddress
                                var signals = sigset_t()
                                clinux_block_signals(&signals)
                                defer { clinux_restore_signals(&signals) }
                                return body(&filled)
                            }
                        }
                    }
                }
            }
        }
    }
}
