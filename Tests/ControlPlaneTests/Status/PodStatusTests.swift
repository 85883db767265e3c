// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import Testing

@testable import ControlPlane

struct PodStatusTests {
    private let context: StatusContext = {
        var context = StatusContext()
        context.containers = [.init(image: "i:1", imageID: "sha256:0"), .init(image: "m:1", imageID: "sha256:1")]
        (context.hostAddress, context.podAddresses) = ("127.0.0.1", ["127.0.0.1"])
        return context
    }()

    private func state(
        _ phase: PodState.Phase, initial: ContainerReport.State, main: ContainerReport.State
    ) -> PodState {
        var state = PodState()
        state.phase = phase
        state.startTime = 5
        var first = ContainerReport()
        first.name = "first"
        first.state = initial
        var second = ContainerReport()
        second.name = "main"
        second.state = main
        second.containerID = "id"
        if case .terminated(let end) = initial { first.ready = end.exitCode == 0 }
        if case .running = main { (second.started, second.ready) = (true, true) }
        state.initContainers = [first]
        state.containers = [second]
        return state
    }

    private func ended(_ code: Int32) -> ContainerReport.State {
        var end = Termination()
        end.exitCode = code
        end.signal = code > 128 ? code - 128 : 0
        end.reason = code == 0 ? "Completed" : "Error"
        end.startedAt = 10
        end.finishedAt = 20
        return .terminated(end)
    }

    private func summary(_ status: PodStatus) -> [String] {
        status.conditions.map { "\($0.type)=\($0.status.rawValue) \($0.reason)" }
    }

    @Test("While an init container runs, the pod is neither initialized nor ready")
    func initializing() {
        var status = PodStatus()
        let report = state(
            .pending, initial: .running(startedAt: 6), main: .waiting(reason: "PodInitializing", message: ""))
        status.update(report, context, now: Timestamp(nanoseconds: 7))
        #expect(
            summary(status) == [
                "PodReadyToStartContainers=True ", "Initialized=False ContainersNotInitialized",
                "Ready=False ContainersNotReady", "ContainersReady=False ContainersNotReady", "PodScheduled=True ",
            ])
        #expect(status.conditions[1].message == "containers with incomplete status: [first]")
        #expect(status.conditions[2].message == "containers with unready status: [main]")
        #expect(status.initContainerStatuses[0].ready == false)
        #expect(status.containerStatuses[0].image == "m:1" && status.containerStatuses[0].imageID == "sha256:1")
    }

    @Test("Running is ready; the transition times are those of the last change")
    func running() {
        var status = PodStatus()
        status.update(
            state(.pending, initial: .running(startedAt: 6), main: .waiting(reason: "PodInitializing", message: "")),
            context, now: Timestamp(nanoseconds: 7))
        status.update(
            state(.running, initial: ended(0), main: .running(startedAt: 21)), context, now: Timestamp(nanoseconds: 22))
        #expect(summary(status).contains("Ready=True "))
        #expect(status.conditions.map { $0.lastTransitionTime?.nanoseconds } == [7, 22, 22, 22, 7])
        #expect(status.initContainerStatuses[0].ready)
        #expect(status.containerStatuses[0].ready && status.containerStatuses[0].started == true)
        #expect(status.containerStatuses[0].containerID == "berth://id")
    }

    @Test("The end says PodCompleted or PodFailed; the signal is in the exit code alone")
    func ends() {
        var status = PodStatus()
        status.update(state(.succeeded, initial: ended(0), main: ended(0)), context, now: Timestamp(nanoseconds: 30))
        #expect(
            summary(status) == [
                "PodReadyToStartContainers=False ", "Initialized=True PodCompleted", "Ready=False PodCompleted",
                "ContainersReady=False PodCompleted", "PodScheduled=True ",
            ])
        status = PodStatus()
        status.update(state(.failed, initial: ended(0), main: ended(137)), context, now: Timestamp(nanoseconds: 30))
        #expect(summary(status).contains("Ready=False PodFailed"))
        guard case .terminated(let end) = status.containerStatuses[0].state else {
            Issue.record("not terminated")
            return
        }
        #expect(end.exitCode == 137 && end.signal == 0 && end.containerID == "berth://id")
    }

    @Test("A lost pod has failed; what had not ended is unknown")
    func lost() {
        var status = PodStatus()
        status.update(
            state(.running, initial: ended(0), main: .running(startedAt: 21)), context, now: Timestamp(nanoseconds: 22))
        status.lose(context, now: Timestamp(nanoseconds: 40))
        #expect(status.phase == .failed)
        let disruption = status.conditions.last
        #expect(disruption?.type == "DisruptionTarget" && disruption?.status == .true)
        #expect(disruption?.lastTransitionTime == Timestamp(nanoseconds: 40))
        #expect(status.conditions.count == 6)
        guard case .terminated(let end) = status.containerStatuses[0].state else {
            Issue.record("not terminated")
            return
        }
        #expect(end.exitCode == 137 && end.reason == "ContainerStatusUnknown")
        #expect(end.startedAt?.nanoseconds == 21 && end.finishedAt?.nanoseconds == 40)
        #expect(status.initContainerStatuses[0].hasSucceeded)
    }

    @Test("Each attempt of a container is recorded once, with what it used")
    func attempts() {
        var record = PodRecord(pod: Pod(), jobUID: nil)
        record.containers = [
            ContainerRecord(name: "first", isInit: true, memoryLimitBytes: nil),
            ContainerRecord(name: "main", isInit: false, memoryLimitBytes: 1 << 20),
        ]
        var first = Termination()
        first.exitCode = 1
        first.oomKills = 2
        first.peakMemoryBytes = 99
        var report = state(.running, initial: ended(0), main: .terminated(first))
        record.update(report)
        record.update(report)
        report.containers[0].restartCount = 1
        report.containers[0].lastTermination = first
        report.containers[0].state = .running(startedAt: 50)
        report.containers[0].memoryBytes = 77
        record.update(report)
        report.containers[0].state = ended(0)
        record.update(report)
        #expect(record.containers[1].attempts.map(\.terminated.exitCode) == [1, 0])
        #expect(record.containers[1].attempts[0].oomKills == 2)
        #expect(record.containers[1].attempts[0].peakMemoryBytes == 99)
        #expect(record.containers[0].attempts.count == 1)
    }
}

struct EventLogTests {
    @Test("Equal events are counted; the number of different ones is bounded, and a Job's stay")
    func counts() {
        var log = EventLog()
        func event(_ kind: String, _ number: Int) -> Event {
            Event(
                .normal, reason: "R", message: "m\(number)", kind: kind, name: "n", uid: "u", source: "s",
                at: Timestamp(seconds: Int64(number)))
        }
        _ = log.record(event("Job", 0))
        #expect(log.record(event("Job", 0)).count == 2)
        for number in 1..<20_000 { _ = log.record(event("Pod", number)) }
        #expect(log.events.count <= EventLog.maximum)
        #expect(log.events.first?.involvedKind == "Job")
        #expect(log.record(event("Pod", 19_999)).count == 2)
    }
}
