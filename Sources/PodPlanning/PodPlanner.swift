// SPDX-License-Identifier: Apache-2.0

import ImageStore
package import KubernetesAPI
package import PodPlan

/// Makes the plan of a pod on this machine.
///
/// It asks for images and filters through `ImageSource` and `FilterSource`, and each only once: the pods of a Job differ
/// in little but their names.
package struct PodPlanner {
    package let host: HostFacts
    package let settings: PlanSettings
    private let images: ImageSource
    private let filters: FilterSource
    private var imageCache: [String: Result<ImageFinding, Refusal>] = [:]
    private var filterCache: [FilterRequest: Result<[UInt8], Refusal>] = [:]

    package init(host: HostFacts, settings: PlanSettings, images: ImageSource, filters: FilterSource) {
        self.host = host
        self.settings = settings
        self.images = images
        self.filters = filters
    }

    /// The plan of `pod`, whose `metadata` is complete.
    ///
    /// A container that cannot start has its `waiting` set, with the kubelet's reason; the rest of it is then empty.
    ///
    /// - Parameter idRange: the ids of the pod's user namespace; needed when `spec.hostUsers` is false.
    package mutating func plan(_ pod: Pod, qosClass: PodStatus.QOSClass, idRange: IDRange?) -> PodPlan {
        var plan = PodPlan()
        plan.uid = pod.metadata.uid
        plan.name = pod.metadata.name
        plan.namespace = pod.metadata.namespace
        plan.hostname = podHostname(pod)
        plan.directory = "\(settings.podsDirectory)/\(pod.metadata.uid)"
        plan.logDirectory =
            "\(settings.logsDirectory)/\(pod.metadata.namespace)_\(pod.metadata.name)_\(pod.metadata.uid)"
        switch pod.spec.restartPolicy {
        case .never: plan.restartPolicy = .never
        case .onFailure: plan.restartPolicy = .onFailure
        case .always, nil: plan.restartPolicy = .always
        }
        plan.terminationGracePeriodSeconds = pod.spec.terminationGracePeriodSeconds ?? 30
        plan.activeDeadlineSeconds = pod.spec.activeDeadlineSeconds
        plan.restartBackoffBaseMilliseconds = settings.restartBackoffBaseMilliseconds
        plan.restartBackoffCapMilliseconds = settings.restartBackoffCapMilliseconds
        plan.forwardOutput = settings.forwardOutput
        plan.userNamespace = pod.spec.hostUsers == false ? idRange : nil
        plan.files = nameFiles(pod, hostname: plan.hostname)
        plan.volumes = volumePlans(pod.spec, host)
        var programs = ProgramTable()
        plan.initContainers = pod.spec.initContainers.map { container($0, pod, plan, qosClass, &programs) }
        plan.containers = pod.spec.containers.map { container($0, pod, plan, qosClass, &programs) }
        plan.seccompPrograms = programs.programs
        return plan
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
        try setIdentity(&plan, container, pod, podPlan, image, accounts)
        plan.workingDirectory = [container.workingDir, image.configuration.workingDirectory, "/"].first { !$0.isEmpty }!
        plan.privileged = security?.privileged ?? false
        plan.capabilities = try capabilities(security, available: host.capabilities)
        plan.noNewPrivileges = security?.allowPrivilegeEscalation == false
        plan.readOnlyRootFilesystem = security?.readOnlyRootFilesystem ?? false
        plan.unmaskedProc = plan.privileged || security?.procMount == "Unmasked"
        plan.seccomp = try filter(security, pod.spec.securityContext, plan.capabilities).map { programs.index(of: $0) }
        plan.oomScoreAdjustment = oomScoreAdjustment(container, qosClass, host)
        plan.resources = resourcePlan(container.resources)
        plan.mounts = try mountPlans(container, podPlan.volumes)
        if let path = container.terminationMessagePath { plan.terminationMessagePath = path }
        plan.terminationMessageFallsBackToLogs = container.terminationMessagePolicy == .fallbackToLogsOnError
        plan.upperSizeBytes = upperSizeBytes(container, host)
        plan.stopSignal = stopSignalNumber(image.configuration.stopSignal)
        return plan
    }

    /// Who, with which environment, and what: the environment needs the user's home, the command the environment.
    private func setIdentity(
        _ plan: inout ContainerPlan, _ container: Container, _ pod: Pod, _ podPlan: PodPlan, _ image: StoredImage,
        _ accounts: Accounts
    ) throws(Refusal) {
        let request = IdentityRequest(
            pod: pod.spec.securityContext, container: container.securityContext,
            imageUser: image.configuration.user, podWords: podWords(pod), containerName: container.name)
        let identity = try request.resolve(accounts)
        plan.user = identity.user
        plan.group = identity.group
        plan.supplementalGroups = identity.supplementalGroups
        let environment = Environment(
            image: image.configuration.environment, variables: container.env, pod: pod, host: host,
            hostname: podPlan.hostname, home: identity.home)
        plan.environment = environment.entries
        plan.arguments = commandLine(container, image.configuration, environment.manifest)
        guard !plan.arguments.isEmpty else {
            throw .create("no command specified: neither the container nor its image \"\(container.image)\" names one")
        }
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

/// Filters by position; two containers with the same share one.
private struct ProgramTable {
    var programs: [[UInt8]] = []

    mutating func index(of program: [UInt8]) -> Int {
        if let index = programs.firstIndex(of: program) { return index }
        programs.append(program)
        return programs.count - 1
    }
}
