// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// What the pod has on this host beside its containers: its directory, namespaces and volumes.
final class PodHost {
    let plan: PodPlan
    let hierarchy: CgroupHierarchy
    private(set) var directory: PodDirectory?
    private var namespaces: PodSandbox?
    private var volumes: PodVolumes?
    private var sharedMemory: Held?

    private enum PodSandbox {
        /// This process is in them, and its children inherit them.
        case own
        case user(UserSandbox)
    }

    /// A box, for enumerations with several owners cannot hold what cannot be copied.
    private final class UserSandbox {
        let namespace: UserNamespace

        init(_ namespace: consuming UserNamespace) { self.namespace = namespace }
    }

    /// What could not be made, as the kubelet's event has it.
    struct Failure: Error {
        var reason: String
        var message: String
    }

    init(_ plan: PodPlan, _ hierarchy: CgroupHierarchy) {
        self.plan = plan
        self.hierarchy = hierarchy
    }

    /// Makes what isn't there yet.
    func prepare() throws(Failure) {
        if directory == nil {
            do throws(Errno) {
                directory = try PodDirectory(plan.directory, mounting: mountsOfItsOwn)
            } catch {
                throw failure("cannot make the directory \(plan.directory): \(error)")
            }
        }
        try makeNamespaces()
        try makeVolumes()
        try makeSharedMemory()
    }

    private func failure(_ message: String) -> Failure {
        Failure(reason: "FailedCreatePodSandBox", message: "Failed to create pod sandbox: \(message)")
    }

    private func makeNamespaces() throws(Failure) {
        guard namespaces == nil else { return }
        do throws(LaunchError) {
            if let range = plan.userNamespace {
                let mapping = UserMapping(hostStart: range.start, count: range.count)
                namespaces = .user(UserSandbox(try UserNamespace.make(mapping: mapping, hostname: plan.hostname)))
            } else {
                try PodNamespaces.enter(hostname: plan.hostname)
                namespaces = .own
            }
        } catch {
            throw failure(error.description)
        }
    }

    private func makeVolumes() throws(Failure) {
        guard volumes == nil else { return }
        do throws(PodVolumes.Failure) {
            volumes = try PodVolumes.setUp(plan.volumes, in: directory!)
        } catch {
            throw Failure(reason: "FailedMount", message: error.message)
        }
    }

    /// Several containers share one /dev/shm. A container that is alone has its own, which is cheaper.
    private var sharesMemory: Bool { plan.initContainers.count + plan.containers.count > 1 }

    /// Something is mounted below the pod's directory.
    private var mountsOfItsOwn: Bool {
        sharesMemory || plan.volumes.contains { if case .memory = $0.source { true } else { false } }
    }

    private func makeSharedMemory() throws(Failure) {
        guard sharedMemory == nil, sharesMemory else { return }
        do throws(Errno) {
            sharedMemory = Held(
                try directory!.mountTemporary(
                    "shm", sizeBytes: plan.sharedMemoryBytes, mode: 0o1777, noExecute: true))
        } catch {
            throw failure("cannot make the shared memory: \(error)")
        }
    }

    /// The volumes that a container mounts, opened; the descriptors must live until it has been launched.
    func sources(_ container: ContainerPlan) throws(VolumeError) -> [Held] {
        var result: [Held] = []
        for mount in container.mounts { result.append(try volumes!.source(mount)) }
        return result
    }

    /// Starts a container; returns when its program has been executed.
    func launch(
        _ container: ContainerPlan, sources: [Held], output: borrowing OwnedDescriptor,
        error: borrowing OwnedDescriptor, message: TerminationMessageFile?, in cgroup: Cgroup
    ) throws(LaunchError) -> RunningContainer {
        var spec = container.spec(plan)
        spec.standardOutput = output.rawValue
        spec.standardError = error.rawValue
        spec.namespaces = [.cgroup]
        if case .user(let sandbox) = namespaces {
            spec.joinedNamespaces = sandbox.namespace.descriptors
            spec.inUserNamespace = true
        }
        if case .v2 = hierarchy.controllers[.memory] { spec.cgroupMounts = [.unified] }
        if let sharedMemory { spec.sharedMemory = .directory(sharedMemory.descriptor.rawValue) }
        spec.mounts = zip(container.mounts, sources).map { mount, source in
            var bind = mount.bind(source.descriptor.rawValue)
            // Volumes have the ids that the containers see, in a user namespace as well.
            bind.idMapped = spec.inUserNamespace
            return bind
        }
        if let message {
            spec.mounts.append(BindMount(source: message.file.rawValue, destination: container.terminationMessagePath))
        }
        return try spec.launch(in: cgroup.join)
    }

    /// Removes all of it. No container may be left.
    func remove() throws(Errno) {
        sharedMemory = nil
        volumes = nil
        try directory?.remove()
        directory = nil
    }
}
