// SPDX-License-Identifier: Apache-2.0

import ImageStore
package import KubernetesAPI
import Linux
package import PodPlan

/// Makes the plan of a pod on this machine.
///
/// It asks for images and filters through `ImageSource` and `FilterSource`, and each only once: the pods of a Job differ
/// in little but their names.
package struct PodPlanner {
    package let host: HostFacts
    package let settings: PlanSettings
    package let images: ImageSource
    private let filters: FilterSource
    private let configs: ConfigSource
    private var imageCache: [String: Result<ImageFinding, Refusal>] = [:]
    private var filterCache: [FilterRequest: Result<[UInt8], Refusal>] = [:]

    package init(
        host: HostFacts, settings: PlanSettings, images: ImageSource, filters: FilterSource,
        configs: ConfigSource = .empty
    ) {
        self.host = host
        self.settings = settings
        self.images = images
        self.filters = filters
        self.configs = configs
    }

    /// The plan of `pod`, whose `metadata` is complete.
    ///
    /// A container that cannot start has its `waiting` set, with the kubelet's reason; the rest of it is then empty.
    ///
    /// - Parameters:
    ///   - idRange: the ids of the pod's user namespace; needed when `spec.hostUsers` is false.
    ///   - addresses: the pod's own; none when its network is its loopback, or the host's.
    ///   - peers: whom it finds by name beside itself, when it has a subdomain.
    package mutating func plan(
        _ pod: Pod, qosClass: PodStatus.QOSClass, idRange: IDRange?, addresses: [String] = [],
        peers: [HostsFile.Peer] = []
    ) -> PodPlan {
        var plan = PodPlan()
        var pod = pod
        pod.status.podIPs = host.podAddresses(addresses, hasHostNetwork: pod.spec.hostNetwork).map { PodIP(ip: $0) }
        pod.status.podIP = pod.status.podIPs.first?.ip ?? ""
        plan.uid = pod.metadata.uid
        plan.name = pod.metadata.name
        plan.namespace = pod.metadata.namespace
        let names = PodHostNames(pod, host: host)
        plan.hostname = names.kernelName
        plan.directory = "\(settings.podsDirectory)/\(pod.metadata.uid)"
        plan.logDirectory =
            "\(settings.logsDirectory)/\(pod.metadata.namespace)_\(pod.metadata.name)_\(pod.metadata.uid)"
        plan.restartPolicy = (pod.spec.restartPolicy ?? .always).plan
        plan.terminationGracePeriodSeconds = pod.spec.terminationGracePeriodSeconds ?? 30
        plan.activeDeadlineSeconds = pod.spec.activeDeadlineSeconds
        plan.restartBackoffBaseMilliseconds = settings.restartBackoffBaseMilliseconds
        plan.restartBackoffCapMilliseconds = settings.restartBackoffCapMilliseconds
        plan.forwardOutput = settings.forwardOutput
        plan.userNamespace = pod.spec.hostUsers == false ? idRange : nil
        plan.obstacle = obstacle(pod, names)
        plan.sharesHost = PodPlan.HostNamespaces(
            network: pod.spec.hostNetwork, processes: pod.spec.hostPID, ipc: pod.spec.hostIPC)
        plan.sharesProcesses = pod.spec.shareProcessNamespace == true
        plan.sysctls = sysctlPlans(pod)
        let known =
            peers + (names.subdomain.isEmpty || addresses.isEmpty ? [] : [.init(addresses: addresses, names: names)])
        let hosts = HostsFile(pod, names, addresses: addresses, host: host).text(peers: known)
        plan.files = nameFiles(pod, names, hosts: hosts)
        // Those that a container may change are seen by the others; those that change meanwhile are written for all.
        // In a root that can't be written to, the pod's own files can.
        let containers = pod.spec.initContainers + pod.spec.containers
        plan.sharesFiles =
            !known.isEmpty || containers.count > 1 || containers[0].securityContext?.readOnlyRootFilesystem ?? false
        (plan.volumes, plan.contents) = volumePlans(pod, host, configs)
        plan.resources = podResourcePlan(pod.spec, host)
        plan.storageLimit = storageLimit(pod.spec.containerTotal(\.limits)["ephemeral-storage"])
        plan.storageIntervalMilliseconds = settings.storageIntervalMilliseconds
        var programs = ProgramTable()
        plan.initContainers = pod.spec.initContainers.map { container($0, pod, plan, qosClass, &programs) }
        plan.containers = pod.spec.containers.map { container($0, pod, plan, qosClass, &programs) }
        plan.seccompPrograms = programs.programs
        plan.probeSeccomp = programs.ofProbes
        return plan
    }

    /// Why no container of the pod is created.
    private func obstacle(_ pod: Pod, _ names: PodHostNames) -> PodPlan.Obstacle? {
        if let forbidden = forbiddenSysctl(pod) { return forbidden }
        return names.problem.map {
            .waiting(reason: "FailedCreatePodSandBox", message: "Failed to create pod sandbox: \($0)")
        }
    }

    /// `/etc/hosts`, `/etc/resolv.conf` and `/etc/hostname`.
    private func nameFiles(_ pod: Pod, _ names: PodHostNames, hosts: String) -> [FilePlan] {
        [
            FilePlan(path: "/etc/hosts", contents: hosts),
            FilePlan(path: "/etc/resolv.conf", contents: ResolverFile(pod.spec, host: host).text),
            FilePlan(path: "/etc/hostname", contents: names.kernelName + "\n"),
        ]
    }

    private mutating func container(
        _ container: Container, _ pod: Pod, _ plan: PodPlan, _ qosClass: PodStatus.QOSClass,
        _ programs: inout ProgramTable
    ) -> ContainerPlan {
        do throws(Refusal) {
            return try resolved(container, pod, plan, qosClass, &programs)
        } catch {
            var plan = ContainerPlan()
            plan.name = container.name
            plan.image = container.image
            plan.waiting = .init(reason: error.reason, message: error.message)
            return plan
        }
    }

    private mutating func resolved(
        _ container: Container, _ pod: Pod, _ podPlan: PodPlan, _ qosClass: PodStatus.QOSClass,
        _ programs: inout ProgramTable
    ) throws(Refusal) -> ContainerPlan {
        let (image, accounts) = try image(of: container)
        let security = container.securityContext
        var plan = ContainerPlan()
        plan.name = container.name
        plan.image = container.image
        plan.imageID = image.id
        plan.layers = image.layers
        let variables = try setIdentity(&plan, container, pod, podPlan, image, accounts)
        plan.workingDirectory = [container.workingDir, image.configuration.workingDirectory, "/"].first { !$0.isEmpty }!
        guard plan.workingDirectory.isAbsolutePath else {
            throw .create("workingDir `\(plan.workingDirectory)` must be an absolute path")
        }
        plan.privileged = security?.privileged ?? false
        plan.capabilities = try capabilities(security, available: host.capabilities)
        plan.noNewPrivileges = security?.allowPrivilegeEscalation == false
        plan.readOnlyRootFilesystem = security?.readOnlyRootFilesystem ?? false
        plan.unmaskedProc = plan.privileged || security?.procMount == "Unmasked"
        plan.seccomp = try filter(security, pod.spec.securityContext, plan.capabilities).map { programs.index(of: $0) }
        plan.oomScoreAdjustment = oomScoreAdjustment(container, of: pod.spec, qosClass, host)
        plan.resources = resourcePlan(container, of: pod.spec, host)
        plan.mounts = try mountPlans(container, podPlan.volumes, variables)
        if let path = container.terminationMessagePath { plan.terminationMessagePath = path }
        plan.terminationMessageFallsBackToLogs = container.terminationMessagePolicy == .fallbackToLogsOnError
        plan.upperSizeBytes = upperSizeBytes(plan.resources, host)
        (plan.terminal, plan.openInput) = (container.tty, container.stdin)
        let address = pod.status.podIP == HostFacts.loopback ? "" : pod.status.podIP
        plan.startupProbe = container.startupProbe?.plan(container, address: address)
        plan.livenessProbe = container.livenessProbe?.plan(container, address: address)
        plan.readinessProbe = container.readinessProbe?.plan(container, address: address)
        plan.postStart = container.lifecycle?.postStart?.plan(container, address: address)
        plan.preStop = container.lifecycle?.preStop?.plan(container, address: address)
        plan.restartPolicy = container.restartPolicy?.plan
        plan.restartRules = container.restartPolicyRules.map { rule in
            RestartRulePlan(
                rule.action == "RestartAllContainers" ? .restartAll : .restart,
                exitCodes: rule.exitCodes?.values ?? [], negated: rule.exitCodes?.operator == "NotIn")
        }
        if plan.probesNetwork { programs.ofProbes = try filter(nil, nil, 0).map { programs.index(of: $0) } }
        plan.stopSignal = stopSignalNumber(container.lifecycle?.stopSignal ?? image.configuration.stopSignal)
        return plan
    }

    /// Who, with which environment, and what: the environment needs the user's home, the command the environment.
    ///
    /// - Returns: the manifest's variables.
    private func setIdentity(
        _ plan: inout ContainerPlan, _ container: Container, _ pod: Pod, _ podPlan: PodPlan, _ image: StoredImage,
        _ accounts: Accounts
    ) throws(Refusal) -> [String: String] {
        let request = IdentityRequest(
            pod: pod.spec.securityContext, container: container.securityContext,
            imageUser: image.configuration.user, podWords: podWords(pod), containerName: container.name)
        let identity = try request.resolve(accounts)
        plan.user = identity.user
        plan.group = identity.group
        plan.supplementalGroups = identity.supplementalGroups
        let variables = try ManifestVariables(container, DownwardAPI(pod: pod, host: host), configs)
        let environment = Environment(
            image: image.configuration.environment, manifest: variables, hostname: podPlan.hostname,
            home: identity.home, hasTerminal: container.tty)
        plan.environment = environment.entries
        plan.fileVariables = environment.fileVariables(variables, podPlan.volumes)
        plan.arguments = commandLine(container, image.configuration, environment.manifest)
        guard !plan.arguments.isEmpty else {
            throw .create("no command specified: neither the container nor its image \"\(container.image)\" names one")
        }
        return environment.manifest
    }

    private mutating func image(of container: Container) throws(Refusal) -> (StoredImage, Accounts) {
        let finding: Result<ImageFinding, Refusal>
        if let cached = imageCache[container.image] {
            finding = cached
        } else {
            do throws(ImageSource.Failure) {
                finding = .success(try images.find(container.image))
            } catch {
                finding = .failure(Refusal(error))
            }
            imageCache[container.image] = finding
        }
        switch try finding.get() {
        case .present(let image, let accounts): return (image, accounts)
        case .absent: throw absentImage(container)
        }
    }

    private mutating func filter(
        _ container: SecurityContext?, _ pod: PodSecurityContext?, _ capabilities: UInt64
    ) throws(Refusal) -> [UInt8]? {
        if container?.privileged == true { return nil }
        let profile = container?.seccompProfile ?? pod?.seccompProfile ?? SeccompProfile()
        if profile.type == .unconfined { return nil }
        let request = FilterRequest(localProfile: profile.localhostProfile, capabilities: capabilities)
        if let cached = filterCache[request] { return try cached.get() }
        let result: Result<[UInt8], Refusal>
        do throws(FilterSource.Failure) {
            result = .success(try filters.compile(request))
        } catch {
            result = .failure(.create(error.message))
        }
        filterCache[request] = result
        return try result.get()
    }
}

extension RestartPolicy {
    fileprivate var plan: PodPlan.RestartPolicy {
        switch self {
        case .never: .never
        case .onFailure: .onFailure
        case .always: .always
        }
    }
}

/// Filters by position; two containers with the same share one.
private struct ProgramTable {
    var programs: [[UInt8]] = []
    /// Of those who probe over the network.
    var ofProbes: Int?

    mutating func index(of program: [UInt8]) -> Int {
        if let index = programs.firstIndex(of: program) { return index }
        programs.append(program)
        return programs.count - 1
    }
}
