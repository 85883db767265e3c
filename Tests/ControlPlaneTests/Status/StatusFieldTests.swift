// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import Testing

@testable import ControlPlane

/// The fields of a pod's status that come from its spec and its plan.
struct StatusFieldTests {
    private func pod(_ change: (inout PodSpec) -> Void = { _ in }) -> Pod {
        var pod = Pod()
        pod.metadata.generation = 1
        var (sidecar, main) = (Container(), Container())
        (sidecar.name, sidecar.restartPolicy, main.name) = ("s", .always, "main")
        (pod.spec.initContainers, pod.spec.containers) = ([sidecar], [main])
        change(&pod.spec)
        return pod
    }

    private func context(_ pod: Pod, _ change: (inout ContainerPlan) -> Void = { _ in }) -> StatusContext {
        var plan = PodPlan()
        var main = ContainerPlan()
        change(&main)
        (plan.initContainers, plan.containers) = ([ContainerPlan()], [main])
        return StatusContext(pod, plan, hostAddress: "10.0.0.1", podAddresses: ["10.88.0.2"])
    }

    private func report(_ name: String, attempt: Int32? = 0) -> ContainerReport {
        var report = ContainerReport()
        report.name = name
        if let attempt {
            (report.containerID, report.restartCount) = ("u/\(name)/\(attempt)", attempt)
            (report.state, report.started, report.ready) = (.running(startedAt: 5), true, true)
        }
        return report
    }

    private func status(_ context: StatusContext, _ sidecar: ContainerReport, _ main: ContainerReport) -> PodStatus {
        var state = PodState()
        (state.phase, state.startTime) = (.running, 3)
        (state.initContainers, state.containers) = ([sidecar], [main])
        var status = PodStatus()
        status.update(state, context, now: Timestamp(nanoseconds: 9))
        return status
    }

    private func condition(_ status: PodStatus, _ type: String) -> String {
        let found = status.conditions.first { $0.type == type }
        return "\(found?.status.rawValue ?? "") \(found?.reason ?? ""): \(found?.message ?? "")"
    }

    @Test("A created container has its resources, its user and its mounts; one that waits for its start has none")
    func details() throws {
        let pod = pod { spec in
            spec.containers[0].resources.limits["memory"] = Quantity("64Mi")
            spec.containers[0].resources.requests["cpu"] = Quantity("250m")
            for (name, readOnly, recursive) in [("a", false, nil), ("b", true, nil), ("c", true, "IfPossible")]
                as [(String, Bool, String?)]
            {
                var mount = VolumeMount()
                (mount.name, mount.mountPath, mount.readOnly) = (name, "/" + name, readOnly)
                mount.recursiveReadOnly = recursive
                spec.containers[0].volumeMounts.append(mount)
            }
        }
        let context = context(pod) { plan in
            (plan.user, plan.group, plan.supplementalGroups, plan.stopSignal) = (1000, 3000, [4000, 3000], 37)
        }
        let main = status(context, report("s"), report("main")).containerStatuses[0]
        #expect(main.resources == pod.spec.containers[0].resources)
        #expect(main.allocatedResources == pod.spec.containers[0].resources.requests)
        #expect(main.user?.linux?.uid == 1000 && main.user?.linux?.gid == 3000)
        #expect(main.user?.linux?.supplementalGroups == [3000, 4000])
        #expect(main.volumeMounts.map(\.readOnly) == [false, true, true])
        #expect(main.volumeMounts.map(\.recursiveReadOnly) == [nil, "Disabled", "Enabled"])
        #expect(main.stopSignal == "SIGRTMIN+3")
        let waiting = status(context, report("s"), report("main", attempt: nil)).containerStatuses[0]
        #expect(waiting.resources == nil && waiting.user == nil && waiting.volumeMounts.isEmpty)
        #expect(waiting.stopSignal == nil)
    }

    @Test("The last end names the container that ended")
    func lastContainer() {
        var main = report("main", attempt: 3)
        main.lastTermination = Termination()
        func lastID(_ status: PodStatus) -> String? {
            if case .terminated(let end) = status.containerStatuses[0].lastState { end.containerID } else { nil }
        }
        #expect(lastID(status(context(pod()), report("s"), main)) == "berth://u/main/2")
        main.state = .waiting(reason: "CrashLoopBackOff", message: "")
        #expect(lastID(status(context(pod()), report("s"), main)) == "berth://u/main/3")
    }

    @Test("The status and each condition say which generation of the pod they tell of")
    func generation() {
        let status = status(context(pod()), report("s"), report("main"))
        #expect(status.observedGeneration == 1)
        #expect(status.conditions.allSatisfy { $0.observedGeneration == 1 })
    }

    @Test("A readiness gate whose condition nobody sets keeps a pod from being ready; its containers are")
    func gates() {
        var gate = PodReadinessGate()
        gate.conditionType = "example.com/balanced"
        let context = context(pod { $0.readinessGates = [gate] })
        let status = status(context, report("s"), report("main"))
        let message = "corresponding condition of pod readiness gate \"example.com/balanced\" does not exist."
        #expect(condition(status, "Ready") == "False ReadinessGatesNotReady: \(message)")
        #expect(condition(status, "ContainersReady") == "True : ")
        var open = status
        var balanced = PodCondition(type: "example.com/balanced", status: .true)
        open.conditions.append(balanced)
        open.updateConditions(context, now: Timestamp(nanoseconds: 10))
        #expect(condition(open, "Ready") == "True : ")
        balanced.status = .false
        open.conditions[open.conditions.count - 1] = balanced
        open.updateConditions(context, now: Timestamp(nanoseconds: 11))
        #expect(condition(open, "Ready").hasSuffix("is not \"True\", but False"))
        // Until the containers are ready they are the reason.
        let early = self.status(context, report("s"), report("main", attempt: nil))
        #expect(condition(early, "Ready") == "False ContainersNotReady: containers with unready status: [main]")
    }

    @Test("A sidecar counts for readiness; a pod whose containers have run is initialized, whatever its sidecars do")
    func sidecars() {
        var sidecar = report("s")
        sidecar.ready = false
        let unready = status(context(pod()), sidecar, report("main"))
        #expect(condition(unready, "Ready") == "False ContainersNotReady: containers with unready status: [s]")
        #expect(condition(unready, "Initialized") == "True : ")
        sidecar.started = false
        #expect(condition(status(context(pod()), sidecar, report("main")), "Initialized") == "True : ")
        #expect(
            condition(status(context(pod()), sidecar, report("main", attempt: nil)), "Initialized")
                == "False ContainersNotInitialized: containers with incomplete status: [s]")
        // Started is enough: it need not be ready.
        sidecar.started = true
        let starting = status(context(pod()), sidecar, report("main", attempt: nil))
        #expect(condition(starting, "Initialized") == "True : ")
    }
}
