// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux

/// `process` of an OCI configuration, resolved: what a container's first process, or one that comes later, is.
package struct ProcessSettings: Sendable {
    package var arguments: [String] = []
    package var environment: [String] = []
    package var workingDirectory = "/"
    package var userID: UInt32 = 0
    package var groupID: UInt32 = 0
    package var additionalGroupIDs: [UInt32] = []
    package var umask: UInt32 = 0o022
    package var capabilities = CapabilitySets()
    package var limits: [Limit] = []
    package var oomScoreAdjustment: Int32?
    package var noNewPrivileges = false
    /// What is written to files below /proc/self before the program is executed: labels of security modules.
    package var labels: [(file: String, text: String)] = []
    /// A `struct sched_attr`, see sched_setattr(2).
    package var scheduler: [UInt8]?
    /// See ioprio_set(2).
    package var ioPriority: UInt32?
    /// A mask for sched_setaffinity(2).
    package var affinity: [UInt8]?
    /// See personality(2).
    package var personality: UInt64?
    package var joinsNewKeyring = true
    package var filter = FilterSettings()
    /// Run one after the other, inside the container and as its user, before the program is executed.
    package var startHooks: [HookRun] = []
    /// Descriptors from 3 on that the program keeps. The caller has made sure that they are none of its own.
    package var preservedDescriptors = 0
    /// The program's streams are a terminal of the container's own.
    package var terminal: Terminal?

    /// A terminal out of the container's /dev/pts.
    package struct Terminal: Sendable {
        /// A socket that gets the terminal's other end, with the text "/dev/ptmx".
        package var socket: CInt
        /// In characters; zeroes leave the kernel's.
        package var rows: UInt16 = 0
        package var columns: UInt16 = 0

        package init(socket: CInt) { self.socket = socket }
    }

    package init() {}

    /// One entry of `process.rlimits`. See getrlimit(2).
    package struct Limit: Hashable, Sendable {
        /// `RLIMIT_NOFILE`
        package var name: String
        package var resource: UInt32
        package var soft: UInt64
        package var hard: UInt64

        /// - Parameter name: `RLIMIT_NOFILE`; nil: there is none of this name.
        package init?(name: String, soft: UInt64, hard: UInt64) {
            guard let number = Self.names.firstIndex(of: name) else { return nil }
            (self.name, resource, self.soft, self.hard) = (name, UInt32(number), soft, hard)
        }

        /// In the order of their numbers.
        private static let names = [
            "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC",
            "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE",
            "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
        ]
    }
}

/// The five sets of capabilities(7).
package struct CapabilitySets: Hashable, Sendable {
    package var bounding: CapabilitySet = []
    package var effective: CapabilitySet = []
    package var permitted: CapabilitySet = []
    package var inheritable: CapabilitySet = []
    package var ambient: CapabilitySet = []

    package init() {}

    /// Takes out what this host can't give.
    ///
    /// - Returns: what was taken out.
    package mutating func limit(to available: CapabilitySet) -> CapabilitySet {
        let lacking = bounding.union(effective).union(permitted).union(inheritable).union(ambient)
            .subtracting(available)
        guard !lacking.isEmpty else { return [] }
        bounding.subtract(lacking)
        effective.subtract(lacking)
        permitted.subtract(lacking)
        inheritable.subtract(lacking)
        ambient.subtract(lacking)
        return lacking
    }
}

extension ProcessSettings {
    /// What the last steps read beside the table.
    package var texts: LaunchTexts {
        LaunchTexts(
            arguments: arguments, environment: lacksHome ? environment + ["HOME=/"] : environment,
            candidates: arguments.first.map { LaunchTexts.candidates(for: $0, environment: environment) } ?? [],
            groups: additionalGroupIDs, filter: filter.program)
    }

    /// Then the container's passwd says it.
    private var lacksHome: Bool { !environment.contains { $0.utf8.starts(with: "HOME=".utf8) } }

    /// Those that must come first: the process is still the runtime's own.
    ///
    /// - Parameter proc: /proc of the host, checked.
    package func addFirstSteps(to steps: inout LaunchSteps, proc: CInt) {
        if let oomScoreAdjustment {
            steps.add(LAUNCH_OOM_SCORE, "self/oom_score_adj", String(oomScoreAdjustment), descriptor: proc)
        }
    }

    /// Makes `terminal`. The process is in the container's mount namespace by then; with a new container, its root is
    /// the one that was entered last.
    ///
    /// - Parameter asConsole: it is also mounted over /dev/console.
    package func addTerminal(to steps: inout LaunchSteps, asConsole: Bool) {
        guard let terminal else { return }
        steps.add(
            LAUNCH_CONSOLE, "/dev/console", mode: asConsole ? 1 : 0, descriptor: terminal.socket,
            flags: UInt64(terminal.rows) << 16 | UInt64(terminal.columns), value: UInt64(userID))
    }

    /// Up to where only the start is awaited; the root is the container's own by now. The program is found here, while the
    /// runtime can still be told that it isn't there.
    ///
    /// - Parameters:
    ///   - isRootReadOnly: the root becomes read-only once the working directory is there.
    package func addSteps(
        to steps: inout LaunchSteps, proc: CInt, isRootReadOnly: Bool, makesWorkingDirectory: Bool
    ) {
        let existing = makesWorkingDirectory ? 0 : UInt32(DIRECTORY_EXISTS.rawValue)
        steps.add(LAUNCH_WORKING_DIRECTORY, workingDirectory, mode: existing | UInt32(DIRECTORY_LATER.rawValue))
        if isRootReadOnly { steps.add(LAUNCH_READ_ONLY_MOUNT, "/") }
        for limit in limits {
            steps.add(LAUNCH_STRICT_LIMIT, limit.name, mode: limit.resource, flags: limit.hard, value: limit.soft)
        }
        var session = UInt32(SESSION_NEW.rawValue)
        if joinsNewKeyring { session |= UInt32(SESSION_KEYRING.rawValue) }
        if personality != nil { session |= UInt32(SESSION_PERSONALITY.rawValue) }
        steps.add(LAUNCH_SESSION, mode: session, flags: UInt64(umask), value: personality ?? 0)
        if terminal != nil { steps.add(LAUNCH_STREAMS) }
        if let affinity { steps.add(LAUNCH_AFFINITY, nil, structure: affinity, flags: UInt64(affinity.count)) }
        if let scheduler { steps.add(LAUNCH_SCHEDULER, nil, structure: scheduler) }
        if let ioPriority { steps.add(LAUNCH_IO_PRIORITY, value: UInt64(ioPriority)) }
        for label in labels { steps.add(LAUNCH_WRITE, "self/\(label.file)", label.text, descriptor: proc) }
        if lacksHome {
            steps.add(LAUNCH_HOME, "/etc/passwd", structure: [UInt8](repeating: 0, count: 4096), value: UInt64(userID))
        }
        steps.add(LAUNCH_BOUNDING, flags: capabilities.bounding.rawValue)
        steps.add(LAUNCH_USER, "\(userID):\(groupID)", flags: UInt64(groupID), value: UInt64(userID))
        steps.add(LAUNCH_CAPABILITY_SETS, nil, structure: capabilityBytes)
        steps.add(
            LAUNCH_WORKING_DIRECTORY, workingDirectory,
            mode: UInt32(DIRECTORY_EXISTS.rawValue | DIRECTORY_AGAIN.rawValue))
        steps.add(LAUNCH_FIND_PROGRAM, arguments.first ?? "")
        if noNewPrivileges { steps.add(LAUNCH_NO_NEW_PRIVILEGES) }
    }

    /// From the start on: descriptors close, the filter comes into force, the program is executed.
    package func addLastSteps(to steps: inout LaunchSteps) {
        for hook in startHooks { steps.add(hook) }
        steps.add(LAUNCH_CLOSE_ON_EXECUTION, value: UInt64(3 + preservedDescriptors))
        filter.addStep(to: &steps)
        steps.add(LAUNCH_RUN_PROGRAM, arguments.first ?? "")
    }

    private var capabilityBytes: [UInt8] {
        var sets = launch_capabilities()
        sets.effective = capabilities.effective.rawValue
        sets.permitted = capabilities.permitted.union(capabilities.effective).rawValue
        sets.inheritable = capabilities.inheritable.rawValue
        sets.ambient = capabilities.ambient.rawValue
        // SYS_ADMIN lets a filter be loaded without no_new_privs; execve computes the sets anew.
        sets.loading = filter.program.isEmpty || noNewPrivileges ? 0 : CapabilitySet.sysAdmin.rawValue
        return withUnsafeBytes(of: sets) { Array($0) }
    }
}
