// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Seccomp
import Testing

@testable import PodSupervisor

/// Probes of real containers, by commands and over the network.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct ProbeTests {
    private func probe(_ handler: HandlerPlan, _ change: (inout ProbePlan) -> Void = { _ in }) -> ProbePlan {
        var plan = ProbePlan(handler)
        plan.periodSeconds = 1
        plan.failureThreshold = 1
        change(&plan)
        return plan
    }

    private func plan(_ starter: Starter, _ script: String) throws -> PodPlan {
        var plan = starter.plan(script)
        let filter = try SeccompCache().program(for: .runtimeDefault, capabilities: 0)
        plan.seccompPrograms = [try #require(filter).bytes]
        plan.probeSeccomp = 0
        return plan
    }

    private func messages(_ pod: StartedPod, _ reason: String) -> [String] {
        pod.reports.compactMap { report in
            if case .event(let event) = report, event.reason == reason { event.message } else { nil }
        }
    }

    /// Runs until the container is ready, and ends the pod then.
    private func readyPod(_ starter: Starter, _ plan: PodPlan) throws -> StartedPod {
        let pod = try starter.start(plan)
        try pod.wait(state: { $0.containers[0].ready })
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(try starter.leftovers(of: plan) == [])
        return pod
    }

    @Test("A liveness probe that fails ends the container, with its own words")
    func liveness() throws {
        let starter = try Starter()
        var plan = starter.plan("echo is dead >/tmp/state; exec sleep 1000")
        plan.containers[0].livenessProbe = probe(
            .exec(["sh", "-c", "until test -s /tmp/state; do :; done; cat /tmp/state; exit 3"]))
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .failed)
        #expect(pod.last.containers[0].state.termination?.exitCode == 137)
        #expect(messages(pod, "Unhealthy") == ["Liveness probe failed: is dead"])
        #expect(messages(pod, "Killing") == ["Container c failed liveness probe"])
    }

    @Test("It is started again under its policy, and the next attempt is probed from nothing")
    func restarts() throws {
        let starter = try Starter()
        var plan = starter.plan("[ -e /v/once ] && exit 0; touch /v/once; exec sleep 1000")
        plan.restartPolicy = .onFailure
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        plan.containers[0].mounts = [MountPlan()]
        plan.containers[0].mounts[0].path = "/v"
        plan.containers[0].livenessProbe = probe(.exec(["sh", "-c", "exit 1"])) { $0.initialDelaySeconds = 1 }
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .succeeded)
        #expect(pod.last.containers[0].restartCount == 1)
        #expect(messages(pod, "Killing") == ["Container c failed liveness probe, will be restarted"])
    }

    @Test("A command that takes too long is ended and counts as a failure; its output doesn't hold it up")
    func timesOut() throws {
        let starter = try Starter()
        var plan = starter.plan("exec sleep 1000")
        plan.containers[0].livenessProbe = probe(.exec(["sh", "-c", "yes | head -c 1000000; exec sleep 900"]))
        let pod = try starter.run(plan)
        #expect(
            messages(pod, "Unhealthy") == [
                "Liveness probe failed: command timed out: \"sh -c yes | head -c 1000000; exec sleep 900\" timed out after 1s"
            ])
    }

    @Test("A command that can't be executed says nothing of the container's health")
    func errors() throws {
        let starter = try Starter()
        var plan = starter.plan("sleep 1.5")
        plan.containers[0].livenessProbe = probe(.exec(["no-such-command"]))
        let pod = try starter.run(plan)
        #expect(pod.last.phase == .succeeded)
        let text = "exec \"no-such-command\": executable file not found in $PATH"
        #expect(
            Set(messages(pod, "Unhealthy")) == [
                "Liveness probe errored and resulted in unknown state: failed to exec in container: \(text)"
            ])
    }

    @Test("Startup comes first: until it succeeds the container is neither started nor ready, and liveness waits")
    func startup() throws {
        let starter = try Starter()
        var plan = starter.plan("sleep 0.5; touch /tmp/up; exec sleep 1000")
        plan.containers[0].startupProbe = probe(.exec(["test", "-e", "/tmp/up"])) { $0.failureThreshold = 30 }
        plan.containers[0].livenessProbe = probe(.exec(["test", "-e", "/tmp/up"]))
        plan.containers[0].readinessProbe = probe(.exec(["test", "-e", "/tmp/up"]))
        let pod = try readyPod(starter, plan)
        let containers = pod.states.map { $0.containers[0] }.filter {
            if case .running = $0.state { true } else { false }
        }
        #expect(containers.first?.started == false && containers.first?.ready == false)
        #expect(containers.last?.started == true)
        #expect(messages(pod, "Unhealthy").allSatisfy { $0.hasPrefix("Startup probe failed") })
    }

    @Test("Over HTTP: the server's answer decides, as the kubelet says it")
    func http() throws {
        let starter = try Starter()
        var plan = try plan(
            starter, "mkdir -p /tmp/www; echo ok >/tmp/www/ok; exec busybox httpd -f -p 8080 -h /tmp/www")
        var (good, bad) = (HTTPGetPlan(), HTTPGetPlan())
        (good.port, good.path, bad.port, bad.path) = (8080, "/ok", 8080, "/gone")
        // The server may take a moment.
        plan.containers[0].startupProbe = probe(.httpGet(good)) { $0.failureThreshold = 30 }
        plan.containers[0].readinessProbe = probe(.httpGet(good))
        plan.containers[0].livenessProbe = probe(.httpGet(bad)) { $0.failureThreshold = 1000 }
        let pod = try readyPod(starter, plan)
        let failures = messages(pod, "Unhealthy").filter { $0.hasPrefix("Liveness") }
        #expect(failures.allSatisfy { $0 == "Liveness probe failed: HTTP probe failed with statuscode: 404" })
    }

    @Test("Over TCP: who listens is alive; nobody there is said", arguments: [false, true])
    func tcp(mapped: Bool) throws {
        let starter = try Starter()
        var plan = try plan(starter, "exec nc -ll -p 9000 -e true")
        if mapped { plan.userNamespace = IDRange(start: 200_000, count: 65_536) }
        plan.containers[0].startupProbe = probe(.tcpSocket(host: "", port: 9000)) { $0.failureThreshold = 30 }
        plan.containers[0].livenessProbe = probe(.tcpSocket(host: "127.0.0.1", port: 9001))
        let pod = try starter.run(plan)
        #expect(
            messages(pod, "Unhealthy").last
                == "Liveness probe failed: dial tcp 127.0.0.1:9001: connect: connection refused")
    }

    @Test("Over gRPC: SERVING is health")
    func grpc() throws {
        let starter = try Starter()
        // Settings, headers with status 200, the message, and trailers with grpc-status 0.
        let answer =
            #"\000\000\000\004\000\000\000\000\000"# + #"\000\000\001\001\004\000\000\000\001\210"#
            + #"\000\000\007\000\000\000\000\000\001\000\000\000\000\002\010\001"#
            + #"\000\000\017\001\005\000\000\000\001\000\013grpc-status\0010"#
        var plan = try plan(
            starter,
            "printf '\(answer)' >/tmp/answer; printf '#!/bin/sh\\ncat /tmp/answer\\nexec cat >/dev/null\\n' >/tmp/serve; "
                + "busybox chmod 755 /tmp/serve; exec nc -ll -p 5000 -e /tmp/serve")
        plan.containers[0].startupProbe = probe(.tcpSocket(host: "", port: 5000)) { $0.failureThreshold = 30 }
        plan.containers[0].readinessProbe = probe(.grpc(host: "", port: 5000, service: "any"))
        let pod = try readyPod(starter, plan)
        #expect(messages(pod, "Unhealthy").allSatisfy { $0.hasPrefix("Startup") })
    }

    @Test("A server that never answers is a failure after the timeout, and its probe is gone with the pod")
    func hangs() throws {
        let starter = try Starter()
        var plan = try plan(starter, "exec nc -ll -p 8080 -e sleep 100")
        var get = HTTPGetPlan()
        get.port = 8080
        plan.containers[0].startupProbe = probe(.tcpSocket(host: "", port: 8080)) { $0.failureThreshold = 30 }
        plan.containers[0].livenessProbe = probe(.httpGet(get))
        let pod = try starter.run(plan)
        #expect(
            messages(pod, "Unhealthy").last
                == "Liveness probe failed: Get \"http://127.0.0.1:8080/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        )
    }

    @Test("When the control plane dies, a probe that runs dies with the pod")
    func hangUp() throws {
        let starter = try Starter()
        var plan = starter.plan("exec sleep 1000")
        plan.containers[0].livenessProbe = probe(.exec(["sleep", "900"])) { $0.timeoutSeconds = 100 }
        let pod = try starter.start(plan)
        try pod.waitUntilRunning()
        #expect(try eventually { try starter.processes(of: plan).count >= 2 })
        pod.hangUp()
        #expect(try eventually { try starter.leftovers(of: plan) == [] })
    }
}

extension ContainerReport.State {
    fileprivate var termination: Termination? {
        if case .terminated(let termination) = self { termination } else { nil }
    }
}
