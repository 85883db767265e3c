// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox
import Testing

@testable import PodSupervisor

let isRoot: Bool = geteuid() == 0

/// Plays the control plane: the built `berth-pod`, a scratch directory, and an image with busybox.
final class Starter {
    let directory: String
    let child: ChildProcess
    private var socket: Held?
    private let lock: OwnedDescriptor
    private(set) var uids: [String] = []
    private var expectedEnd: CInt = 0
    private static let counter = Counter()

    static var executable: String {
        let own = try! OwnedDescriptor.open("/proc/self", O_PATH | O_DIRECTORY)
        let path = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { buffer in
            let count = readlinkat(own.rawValue, "exe", buffer.baseAddress!, buffer.count)
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
        return path[..<path.lastIndex(of: "/")!] + "/berth-pod"
    }

    init() throws {
        var template = Array("/tmp/berth-supervisor-test.XXXXXX".utf8CString)
        directory = try template.withUnsafeMutableBufferPointer { buffer in
            try #require(mkdtemp(buffer.baseAddress!) != nil)
            return String(cString: buffer.baseAddress!)
        }
        for name in ["image", "image/bin", "image/etc", "image/tmp", "host"] {
            try #require(mkdir("\(directory)/\(name)", 0o755) == 0)
        }
        let busybox = try OwnedDescriptor.open("/bin/busybox", O_RDONLY).readAll(limit: 64 << 20)
        let copy = try OwnedDescriptor.open("\(directory)/image/bin/busybox", O_WRONLY | O_CREAT, mode: 0o755)
        try busybox.withUnsafeBytes { try copy.writeAll($0) }
        for applet in Starter.applets { try #require(symlink("busybox", "\(directory)/image/bin/\(applet)") == 0) }
        lock = try OwnedDescriptor.open("\(directory)/lock", O_RDWR | O_CREAT, mode: 0o600)
        let pair = try SocketPair(.messages, nonBlocking: false)
        child = try ChildProcess.start(
            Starter.executable, arguments: ["berth-pod"], descriptors: [pair.theirs.rawValue, lock.rawValue])
        socket = Held(pair.takeOurs())
    }

    private static let applets = [
        "sh", "true", "cat", "ls", "id", "sleep", "echo", "stat", "wc", "tail", "dd", "nc", "hostname", "seq", "yes",
        "head", "mkdir", "ln", "df", "touch", "test", "kill", "ps", "grep", "tr", "date", "rm",
    ]

    deinit {
        socket = nil
        do {
            #expect(try child.reap(wait: true) == expectedEnd)
            let parent = try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY)
            try parent.removeTree(String(directory.dropFirst(5)))
        } catch {
            Issue.record(error, "the test's directory is not gone")
        }
    }

    /// A plan with one container that runs `script` with the shell.
    func plan(_ script: String) -> PodPlan {
        var plan = PodPlan()
        plan.uid = "00000000-0000-4000-8000-" + padded(getpid(), 6) + padded(Starter.counter.next(), 6)
        plan.name = "pod"
        plan.namespace = "default"
        plan.hostname = "pod"
        plan.directory = "\(directory)/pods/\(plan.uid)"
        plan.logDirectory = "\(directory)/logs/\(plan.uid)"
        plan.terminationGracePeriodSeconds = 0
        plan.forwardOutput = true
        plan.containers = [container("c", script)]
        return plan
    }

    func container(_ name: String, _ script: String) -> ContainerPlan {
        var plan = ContainerPlan()
        plan.name = name
        plan.layers = ["\(directory)/image"]
        plan.arguments = ["sh", "-c", script]
        plan.environment = ["PATH=/bin"]
        plan.capabilities = CapabilitySet.standard.rawValue
        plan.upperSizeBytes = 16 << 20
        plan.oomScoreAdjustment = 500
        return plan
    }

    /// Starts a pod.
    func start(_ plan: PodPlan) throws -> StartedPod {
        uids.append(plan.uid)
        let pair = try SocketPair(.stream, nonBlocking: false)
        try socket!.descriptor.send(StarterProtocol.spawn, descriptor: pair.theirs.rawValue)
        let ours = pair.takeOurs()
        try plan.frame().withUnsafeBytes { try ours.writeAll($0) }
        return StartedPod(plan, self, ours)
    }

    /// Runs a pod to its end and checks that nothing of it is left.
    func run(_ plan: PodPlan) throws -> StartedPod {
        let pod = try start(plan)
        try pod.finish()
        #expect(try leftovers(of: plan) == [])
        return pod
    }

    func run(_ script: String) throws -> StartedPod { try run(plan(script)) }

    /// Whatever there is on this host that carries the pod's UID.
    func leftovers(of plan: PodPlan) throws -> [String] {
        var found: [String] = []
        if access(plan.directory, F_OK) == 0 { found.append(plan.directory) }
        for mount in try HostControllers.read().mounts {
            for place in ["berth", "berth/restricted", "berth/privileged"] {
                guard let directory = try? OwnedDescriptor.open("\(mount.mountPoint)/\(place)", O_RDONLY | O_DIRECTORY)
                else { continue }
                found += try directory.names().filter { $0.hasPrefix(plan.uid) }.map {
                    "\(mount.mountPoint)/\(place)/\($0)"
                }
            }
        }
        return try found + processes(of: plan).map { "process \($0)" }
    }

    /// Processes that are in one of the pod's cgroups.
    func processes(of plan: PodPlan) throws -> [pid_t] {
        let proc = try OwnedDescriptor.open("/proc", O_RDONLY | O_DIRECTORY)
        return try proc.names().compactMap { pid_t($0) }.filter { pid in
            guard let file = try? OwnedDescriptor.open("/proc/\(pid)/cgroup", O_RDONLY),
                let text = try? file.readAll(limit: 1 << 16)
            else { return false }  // it has just ended
            return String(decoding: text, as: UTF8.self).contains(plan.uid)
        }
    }

    /// The zygote is about to be killed.
    func expectsKill() { expectedEnd = 128 + SIGKILL }

    /// How many descriptors the zygote has open.
    var zygoteDescriptors: Int {
        get throws {
            try OwnedDescriptor.open("/proc/\(child.process.pid)/fd", O_RDONLY | O_DIRECTORY).names().count
        }
    }

    /// The supervisors that have a pod: the zygote's children but the one that waits, which still has the requests' socket.
    var supervisors: [pid_t] {
        get throws {
            let requests = link("/proc/\(child.process.pid)/fd/3")
            return try zygoteChildren.filter { link("/proc/\($0)/fd/3") != requests }
        }
    }

    private func link(_ path: String) -> String? {
        var target = [UInt8](repeating: 0, count: 256)
        let count = readlink(path, &target, target.count)
        return count > 0 ? String(decoding: target[..<count], as: UTF8.self) : nil
    }

    private var zygoteChildren: [pid_t] {
        get throws {
            let pid = child.process.pid
            let text = try OwnedDescriptor.open("/proc/\(pid)/task/\(pid)/children", O_RDONLY).readAll(limit: 1 << 16)
            return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
        }
    }
}

private func padded(_ value: some BinaryInteger, _ width: Int) -> String {
    String(String(Int(value) + 1_000_000_000).suffix(width))
}

/// Tests run at the same time.
final class Counter: @unchecked Sendable {  // the mutex guards the only field
    private var mutex = pthread_mutex_t()
    private var value = 0

    init() { pthread_mutex_init(&mutex, nil) }

    func next() -> Int {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        value += 1
        return value
    }
}

/// Waits for something that another process brings about, a minute at most.
func eventually(_ condition: () throws -> Bool) throws -> Bool {
    for _ in 0..<6000 {
        if try condition() { return true }
        clinux_sleep_microseconds(10_000)
    }
    return false
}
