// SPDX-License-Identifier: Apache-2.0

public import Linux

/// How a container's system calls are filtered. `v1 SeccompProfile` with its file read.
public enum SeccompPolicy: Hashable, Sendable {
    /// No filter: privileged containers, and those that ask for it.
    case unconfined
    case runtimeDefault
    case profile(SeccompProfile)
}

/// Which system calls are answered, and how: `linux.seccomp` of the OCI runtime specification, with the conditions
/// that Docker's profiles add to it.
///
/// Several rules may name one call. The strictest of those that match decides, as the kernel does with several
/// filters (`seccomp(2)`); among equally strict ones the first. If none matches, `defaultAction` does.
public struct SeccompProfile: Hashable, Sendable {
    public var defaultAction: Action
    /// The calling conventions to let in beside the machine's own. One that the machine lacks is passed over. A call
    /// by any other convention kills the process.
    public var architectures: Set<Architecture>
    public var rules: [Rule]
    /// Whether calls numbered above every one that the profile names answer `ENOSYS` instead of `defaultAction`:
    /// libc has another way for a call that the kernel lacks, but takes `EPERM` for an answer.
    public var newerCallsAreMissing: Bool
    /// Whether among rules without comparisons on one call the first named counts, as with libseccomp, instead of the
    /// strictest. Profiles for engines are written for that: they name a call as allowed and then again as refused.
    public var firstPlainRuleCounts: Bool = false

    /// Whether a call that libseccomp doesn't know is left out even where that makes the filter weaker.
    public var leavesOutUnknownCalls: Bool = false

    public init(
        defaultAction: Action, architectures: Set<Architecture> = [], rules: [Rule], newerCallsAreMissing: Bool = false
    ) {
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.rules = rules
        self.newerCallsAreMissing = newerCallsAreMissing
    }

    /// What is done with a call. See `seccomp(2)`.
    public enum Action: Hashable, Sendable {
        case killProcess, killThread
        /// `SIGSYS`, which the program may catch.
        case trap
        /// Answers this error number without doing anything; 0...4095.
        case errno(UInt16)
        /// Asks the process's listener (`SECCOMP_FILTER_FLAG_NEW_LISTENER`); `ENOSYS` without one.
        case notify
        /// Stops for the process's tracer, who is told this number; `ENOSYS` without one. See `PTRACE_O_TRACESECCOMP`.
        case trace(UInt16)
        /// Allows, with a line in the kernel's audit log.
        case log
        case allow
    }

    /// Calls with one answer.
    public struct Rule: Hashable, Sendable {
        /// Names as in `syscalls(2)`.
        public var names: [String]
        public var action: Action
        /// All of these must hold for the rule to match; none: always. At most one for each argument.
        public var arguments: [Argument]
        /// The rule counts only where all of this is so.
        public var includes: Condition
        /// The rule does not count where any of this is so.
        public var excludes: Condition

        public init(
            _ names: [String], _ action: Action, _ arguments: [Argument] = [],
            includes: Condition = Condition(), excludes: Condition = Condition()
        ) {
            self.names = names
            self.action = action
            self.arguments = arguments
            self.includes = includes
            self.excludes = excludes
        }
    }

    /// A comparison of one argument, of 64 bits on 64-bit machines even where the kernel takes an `int`.
    public struct Argument: Hashable, Sendable {
        /// Raw values are those of the OCI runtime specification.
        public enum Comparison: String, Hashable, Sendable, CaseIterable {
            case notEqual = "SCMP_CMP_NE", less = "SCMP_CMP_LT", lessOrEqual = "SCMP_CMP_LE", equal = "SCMP_CMP_EQ"
            case greaterOrEqual = "SCMP_CMP_GE", greater = "SCMP_CMP_GT", maskedEqual = "SCMP_CMP_MASKED_EQ"
        }

        /// 0...5.
        public var index: UInt32
        public var comparison: Comparison
        /// What the argument is compared with; for `maskedEqual` the mask.
        public var value: UInt64
        /// For `maskedEqual` what must remain under the mask; else without meaning.
        public var valueTwo: UInt64

        public init(index: UInt32, _ comparison: Comparison, value: UInt64, valueTwo: UInt64 = 0) {
            self.index = index
            self.comparison = comparison
            self.value = value
            self.valueTwo = valueTwo
        }

        init(_ index: UInt32, masked mask: UInt64, equals value: UInt64) {
            self.init(index: index, .maskedEqual, value: mask, valueTwo: value)
        }
    }

    /// Facts about the container and the machine, as in Docker's `includes` and `excludes`.
    public struct Condition: Hashable, Sendable {
        /// Bit n is capability n, of the container's bounding set.
        public var capabilities: UInt64
        /// Machines in Go's names, as Docker writes them: `amd64`, `arm64`.
        public var machines: Set<String>
        public var minimumKernel: KernelVersion?

        public init(capabilities: UInt64 = 0, machines: Set<String> = [], minimumKernel: KernelVersion? = nil) {
            self.capabilities = capabilities
            self.machines = machines
            self.minimumKernel = minimumKernel
        }
    }
}

/// A seccomp filter, ready for the kernel: BPF instructions of 8 bytes each (`struct sock_filter`).
public struct SeccompProgram: Hashable, Sendable {
    public let bytes: [UInt8]
    /// Names in the profile that libseccomp does not know: misspelt, or newer than it. Nothing is allowed by them.
    public let unknownNames: [String]
    /// Those of them that the profile treats more strictly than by default.
    public let weakeningNames: [String]

    public init(bytes: [UInt8], unknownNames: [String] = [], weakeningNames: [String] = []) {
        self.weakeningNames = weakeningNames
        self.bytes = bytes
        self.unknownNames = unknownNames
    }
}
