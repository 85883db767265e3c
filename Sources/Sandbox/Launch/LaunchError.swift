// SPDX-License-Identifier: Apache-2.0

package import CLaunch
import CLinux
public import Linux

/// A container that did not start: which step failed, on what, and what the kernel said. Nothing of it is left running.
public struct LaunchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done. The names of the steps are those of `launch.h`.
    public enum Step: Hashable, Sendable {
        case clone, joinCgroup, joinNamespace, makeNamespace, setHostname, becomeNamespaceRoot, loopback
        case makePrivate, enter, mount, attachLayer, makeDirectory, setOwner, makeNode, makeLink, writeFile
        case bind, mask, makeTerminal, makeReadOnly, setOOMScore, pivotRoot, workingDirectory
        case setLimit, prepareProcess, setStreams, dropBoundingSet, setUser, setCapabilities, watchParent
        case noNewPrivileges, closeDescriptors, loadSeccomp, execute, reap
        /// In the parent, before anything was started.
        case openSource, prepare, setKernelParameter
        /// Of an OCI bundle: at a gate, or when it was waited for to be started.
        case gate, awaitStart
        case setPropagation, makeDevice, setDomainName, setScheduler, setIOPriority, setAffinity
        /// A startContainer hook.
        case runHook
    }

    public let step: Step
    /// What it acted on: a path inside the container, a program, a source on the host. "" when there is nothing to name.
    public let object: String
    public let errno: Errno

    public init(step: Step, object: String, errno: Errno) {
        self.step = step
        self.object = object
        self.errno = errno
    }

    /// The program could not be executed, as opposed to the sandbox not being made.
    public var isProgramsOwn: Bool { step == .execute || step == .workingDirectory }

    public var description: String {
        if step == .execute { return executeDescription }
        // It ran, and the object says how it ended.
        if step == .runHook, errno == ECANCELED { return "hooks.startContainer: \(object)" }
        let what = action
        return "cannot \(what)\(object.isEmpty ? "" : " \(object)"): \(errno)\(advice)"
    }

    private var executeDescription: String {
        switch errno.rawValue {
        case ENOENT where object.contains("/"):
            "exec \"\(object)\": \(errno) (it, or the interpreter that it names, is not in the image)"
        case ENOENT: "exec \"\(object)\": executable file not found in $PATH"
        case EACCES: "exec \"\(object)\": \(errno) (not an executable file, or its directory is closed to the user)"
        case ENOEXEC: "exec \"\(object)\": \(errno) (a script needs a first line like #!/bin/sh)"
        default: "exec \"\(object)\": \(errno)"
        }
    }

    private var action: String {
        switch step {
        case .clone: "make the container's process and namespaces"
        case .joinCgroup: "join the cgroup"
        case .joinNamespace: "join the namespaces"
        case .makeNamespace: "make the cgroup namespace"
        case .setHostname: "set the host name"
        case .becomeNamespaceRoot: "become root of the user namespace"
        case .loopback: "bring the loopback interface up"
        case .makePrivate: "make the mounts private"
        case .enter: "enter"
        case .mount: "mount"
        case .attachLayer: "mount the image's layer on"
        case .makeDirectory: "make the directory"
        case .setOwner: "set owner and mode of"
        case .makeNode: "make the device node"
        case .makeLink: "make the link"
        case .writeFile: "write the file"
        case .bind: "mount the volume on"
        case .mask: "mask"
        case .makeReadOnly: "make read-only"
        case .makeTerminal: "make the terminal"
        case .setOOMScore: "set oom_score_adj to"
        case .pivotRoot: "change the root"
        case .workingDirectory: "enter the working directory"
        case .setLimit: "set the resource limit"
        case .prepareProcess: "prepare the process"
        case .setStreams: "set the standard streams"
        case .dropBoundingSet: "limit the capability bounding set"
        case .setUser: "become the user"
        case .setCapabilities: "set the capabilities"
        case .watchParent: "tie the container to its supervisor"
        case .noNewPrivileges: "set no_new_privs"
        case .closeDescriptors: "close descriptors"
        case .loadSeccomp: "load the seccomp filter"
        case .openSource: "open"
        case .prepare: "prepare"
        case .execute: "execute"
        case .reap: "become PID 1 of the pod"
        case .setKernelParameter: "set the kernel parameter"
        case .gate: "wait for the runtime"
        case .awaitStart: "wait for the start"
        case .setPropagation: "set the propagation of mounts"
        case .makeDevice: "make the device"
        case .setDomainName: "set the domain name"
        case .setScheduler: "set the scheduler"
        case .setIOPriority: "set the I/O priority"
        case .setAffinity: "set the CPUs to run on"
        case .runHook: "run the startContainer hook"
        }
    }

    private var advice: String {
        switch (step, errno.rawValue) {
        case (.setOOMScore, EACCES): " (lowering it needs CAP_SYS_RESOURCE, which this host doesn't give)"
        case (.makeDirectory, ENOTDIR): " (the image has something else there, or a link)"
        case (.bind, EINVAL): " (no volume may lie over /, /dev, /proc or /sys)"
        case (.bind, EEXIST): " (another volume is mounted there)"
        case (.bind, EXDEV), (.writeFile, EXDEV): " (a link in the image leads into /proc, /sys or /dev)"
        case (.workingDirectory, ELOOP): " (links in a circle, or below /proc/self)"
        case (.setKernelParameter, EINVAL): " (the kernel does not take this value)"
        case (.setKernelParameter, ENOENT): " (this kernel does not have it)"
        case (.joinCgroup, ENOSPC): " (its cpuset.cpus or cpuset.mems is empty)"
        case (.joinNamespace, ESRCH): " (the container has ended)"
        case (.mount, ENODEV): " (the kernel does not have this file system; see `berth doctor`)"
        default: ""
        }
    }
}

extension LaunchError {
    /// What the child told.
    init(_ failure: launch_failure, _ steps: borrowing LaunchSteps) {
        let step = Step(launch_step(rawValue: failure.step))
        let object = step == .clone ? "" : steps.object(at: Int(failure.op))
        self.init(step: step, object: object, errno: Errno(failure.error))
    }
}

extension LaunchError.Step {
    init(_ step: launch_step) {
        self =
            switch step {
            case LAUNCH_JOIN_CGROUP: .joinCgroup
            case LAUNCH_JOIN_NAMESPACE: .joinNamespace
            case LAUNCH_UNSHARE: .makeNamespace
            case LAUNCH_HOSTNAME: .setHostname
            case LAUNCH_ROOT_IDS: .becomeNamespaceRoot
            case LAUNCH_LOOPBACK: .loopback
            case LAUNCH_PRIVATE: .makePrivate
            case LAUNCH_ENTER: .enter
            case LAUNCH_MOUNT: .mount
            case LAUNCH_ATTACH: .attachLayer
            case LAUNCH_DIRECTORY: .makeDirectory
            case LAUNCH_OWNER: .setOwner
            case LAUNCH_NODE: .makeNode
            case LAUNCH_LINK: .makeLink
            case LAUNCH_FILE: .writeFile
            case LAUNCH_BIND: .bind
            case LAUNCH_MASK_FILE, LAUNCH_MASK_DIRECTORY: .mask
            case LAUNCH_READ_ONLY, LAUNCH_READ_ONLY_MOUNT: .makeReadOnly
            case LAUNCH_TERMINAL: .makeTerminal
            case LAUNCH_OOM_SCORE: .setOOMScore
            case LAUNCH_PIVOT: .pivotRoot
            case LAUNCH_WORKING_DIRECTORY: .workingDirectory
            case LAUNCH_LIMIT: .setLimit
            case LAUNCH_PROCESS: .prepareProcess
            case LAUNCH_STREAMS: .setStreams
            case LAUNCH_BOUNDING: .dropBoundingSet
            case LAUNCH_USER: .setUser
            case LAUNCH_CAPABILITIES: .setCapabilities
            case LAUNCH_PARENT: .watchParent
            case LAUNCH_NO_NEW_PRIVILEGES: .noNewPrivileges
            case LAUNCH_CLOSE, LAUNCH_KEEP, LAUNCH_CLOSE_ON_EXECUTION: .closeDescriptors
            case LAUNCH_SECCOMP: .loadSeccomp
            case LAUNCH_EXECUTE: .execute
            case LAUNCH_PAUSE: .reap
            case LAUNCH_GATE, LAUNCH_READY: .gate
            case LAUNCH_AWAIT_START: .awaitStart
            case LAUNCH_PROPAGATION, LAUNCH_SETTLE: .setPropagation
            case LAUNCH_BECOME_ROOT_DIR: .enter
            case LAUNCH_MOUNT_IN, LAUNCH_BIND_IN, LAUNCH_BIND_FROM: .mount
            case LAUNCH_DEVICE: .makeDevice
            case LAUNCH_LINK_IN: .makeLink
            case LAUNCH_COVER: .mask
            case LAUNCH_READ_ONLY_IN: .makeReadOnly
            case LAUNCH_CHROOT: .pivotRoot
            case LAUNCH_WRITE: .setKernelParameter
            case LAUNCH_DOMAINNAME: .setDomainName
            case LAUNCH_STRICT_LIMIT: .setLimit
            case LAUNCH_SESSION, LAUNCH_HOME: .prepareProcess
            case LAUNCH_CONSOLE: .makeTerminal
            case LAUNCH_SCHEDULER: .setScheduler
            case LAUNCH_IO_PRIORITY: .setIOPriority
            case LAUNCH_AFFINITY: .setAffinity
            case LAUNCH_HOOK: .runHook
            case LAUNCH_CAPABILITY_SETS: .setCapabilities
            case LAUNCH_FIND_PROGRAM, LAUNCH_RUN_PROGRAM: .execute
            default: .clone
            }
    }
}

extension LaunchError {
    /// What the child told in a page of memory from `launch_shared`, where a step may say more than its errno.
    init(shared failure: UnsafeMutablePointer<launch_failure>, _ steps: borrowing LaunchSteps) {
        let words = String(cString: launch_words(failure))
        let error = LaunchError(failure.pointee, steps)
        self.init(step: error.step, object: words.isEmpty ? error.object : words, errno: error.errno)
    }

    /// What a container that was created earlier tells whoever starts it.
    package init(_ report: launch_report, object: String) {
        self.init(step: Step(launch_step(rawValue: report.step)), object: object, errno: Errno(report.error))
    }
}
