// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// The process that forks a supervisor for each pod: small, with one thread, and with everything open that all share.
package enum Zygote {
    /// Runs until the control plane closes the socket. See `StarterProtocol`.
    ///
    /// - Returns: the exit status: 2 when it was not started by a control plane.
    package static func run() -> CInt {
        guard clinux_socket_type(StarterProtocol.socketDescriptor) == CInt(SOCK_SEQPACKET.rawValue) else {
            complain("this program runs the pods of berth and is started by it; use: berth run FILE")
            return 2
        }
        let socket = OwnedDescriptor(adopting: StarterProtocol.socketDescriptor)
        let origin: HostOrigin
        do throws(Errno) {
            origin = try prepare()
        } catch {
            complain("cannot prepare: \(error)")
            return 1
        }
        let hierarchy: CgroupHierarchy
        do throws(CgroupError) {
            hierarchy = try CgroupHierarchy.detect()
        } catch {
            complain(error.description)
            return 1
        }
        do throws(Errno) {
            try Rehearsal.run(hierarchy, origin)
            guard let request = try serve(socket, origin) else { return 0 }
            // In the child: neither the requests nor the zygote's own end are its business.
            _ = consume socket
            return superviseOne(request, hierarchy, origin)
        } catch {
            complain("cannot take requests: \(error)")
            return 1
        }
    }

    /// What every supervisor and every container inherits.
    ///
    /// - Returns: the host's namespaces, from some of which we part.
    private static func prepare() throws(Errno) -> HostOrigin {
        try OwnProcess.closeDescriptors(from: StarterProtocol.lockDescriptor + 1)
        let null = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        let number = null.rawValue
        try retrying { dup2(number, 0) }
        for descriptor in [StarterProtocol.socketDescriptor, StarterProtocol.lockDescriptor] {
            // The lock is optional.
            if clinux_fcntl(descriptor, F_GETFD, 0) >= 0 {
                try retrying { clinux_fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            }
        }
        try OwnProcess.setName("berth-pod")
        try OwnProcess.forbidDumping()
        try OwnProcess.raiseOpenFileLimit()
        // A terminal's Ctrl-C is for `berth`, which then ends the pods. EPERM: we lead a session already.
        _ = setsid()
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD] { try OwnProcess.ignore(signal: signal) }
        umask(0)
        let origin = try HostOrigin()
        try MountNamespace.makePrivate()
        return origin
    }

    /// What a supervisor was asked to do.
    private struct Request: ~Copyable {
        /// The pod's control socket.
        let socket: OwnedDescriptor
        /// The interface that is there already.
        let interface: NetworkPlan?

        consuming func takeSocket() -> OwnedDescriptor { socket }
    }

    /// Keeps one supervisor waiting for the next request, namespaces made: neither fork nor namespaces are on a pod's way.
    ///
    /// The supervisors take the requests from the socket themselves, and say so; then the next one is forked.
    ///
    /// - Returns: in a supervisor its request; nil in the zygote when the control plane has gone.
    private static func serve(
        _ socket: borrowing OwnedDescriptor, _ origin: HostOrigin
    ) throws(Errno) -> Request? {
        let taken = try Pipe()
        while true {
            let fork: Fork
            do throws(Errno) {
                fork = try OwnProcess.fork()
            } catch {
                // Requests wait in the socket meanwhile.
                complain("cannot fork a supervisor, trying again: \(error)")
                if try socket.waitUntilClosed(milliseconds: 100, orReadable: []) { return nil }
                continue
            }
            guard case .parent(let child) = fork else { return try waitForPod(socket, origin, taken: taken) }
            // Children are reaped by the kernel: one that has ended already has no descriptor.
            let waiting = clinux_pidfd_open(child, 0)
            defer { if waiting >= 0 { close(waiting) } }
            if try socket.waitUntilClosed(milliseconds: -1, orReadable: [taken.reading.rawValue, waiting]) {
                return nil
            }
            try taken.drain()
        }
    }

    /// In a supervisor: makes what every pod needs, and waits for one.
    ///
    /// - Returns: the request for it. The process ends here when the control plane has gone.
    private static func waitForPod(
        _ socket: borrowing OwnedDescriptor, _ origin: HostOrigin, taken: borrowing Pipe
    ) throws(Errno) -> Request {
        // Without the zygote nobody would wait behind this one: then it must not take requests any more either. Once it
        // has a pod it goes on alone.
        try OwnProcess.endWithParent(true)
        PodNamespaces.makeAhead()
        var interface: NetworkPlan?
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: StarterProtocol.maximumBytes, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let request = try socket.receive(into: buffer)
            if request.count == 0 { exit(0) }
            let message = Array(buffer[..<request.count])
            guard let pod = request.takeDescriptor() else {
                if interface == nil { interface = makeAhead(message, origin) }
                continue
            }
            try OwnProcess.endWithParent(false)
            try taken.writing.write("x")
            return Request(socket: pod, interface: interface)
        }
    }

    /// What fails is tried again, and told, when a pod needs it.
    private static func makeAhead(_ message: [UInt8], _ origin: HostOrigin) -> NetworkPlan? {
        guard PodNamespaces.areMade else { return nil }
        do {
            let plan = try NetworkPlan(decoding: message)
            try PodInterface.make(plan, host: origin.namespaces.networkDescriptor)
            return plan
        } catch {
            return nil
        }
    }

    private static func superviseOne(
        _ request: consuming Request, _ hierarchy: CgroupHierarchy, _ origin: HostOrigin
    ) -> CInt {
        do throws(Errno) {
            try OwnProcess.restore(signal: SIGCHLD)
            let interface = request.interface
            let control = try ControlSocket(request.takeSocket())
            guard let (plan, commands) = try control.receivePlan() else {
                if let nonsense = control.nonsense { complain("a pod's plan cannot be read: \(nonsense)") }
                return 0
            }
            let supervisor = try Supervisor(plan, control, hierarchy, origin, interface: interface)
            for command in commands { supervisor.obey(command) }
            try supervisor.run()
            return 0
        } catch {
            complain("a pod is lost: \(error)")
            return 1
        }
    }

    /// To the control plane's standard error.
    static func complain(_ message: String) {
        let line = Array("berth-pod: \(message)\n".utf8)
        // There is nobody left to tell that this failed.
        _ = CLinux.write(2, line, line.count)
    }
}
