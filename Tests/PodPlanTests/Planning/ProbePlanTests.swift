// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

struct ProbePlanTests {
    private func probe(_ change: (inout ProbeHandler) -> Void) -> Probe {
        var probe = Probe()
        change(&probe.handler)
        return probe
    }

    private func get(_ port: IntOrString) -> HTTPGetAction {
        var action = HTTPGetAction()
        (action.port, action.path, action.scheme) = (port, "/ok", "HTTPS")
        return action
    }

    @Test("A port goes by its number, or by its name among the container's")
    func findsPorts() throws {
        let found = try planned { container in
            var port = ContainerPort()
            (port.name, port.containerPort) = ("web", 8080)
            container.ports = [port]
            container.livenessProbe = probe { $0.httpGet = get(.string("web")) }
            container.readinessProbe = probe { $0.httpGet = get(.int(81)) }
            container.startupProbe = probe { $0.httpGet = get(.string("gone")) }
        }
        guard case .httpGet(let named)? = found.livenessProbe?.handler,
            case .httpGet(let numbered)? = found.readinessProbe?.handler
        else {
            Issue.record("no HTTP: \(found)")
            return
        }
        #expect((named.port, numbered.port) == (8080, 81))
        #expect(named.secure && named.path == "/ok" && named.host.isEmpty)
        #expect(found.startupProbe?.handler == .impossible("strconv.Atoi: parsing \"gone\": invalid syntax"))
    }

    @Test("A probe's command sees the values that the manifest has, as they are; one from elsewhere is empty")
    func expandsCommand() throws {
        let found = try planned { container in
            var (plain, reference, source) = (EnvVar(), EnvVar(), EnvVar())
            (plain.name, plain.value, source.name) = ("A", "x", "B")
            (reference.name, reference.value) = ("C", "$(A)y")
            source.fieldRef = ObjectFieldSelector()
            source.fieldRef?.fieldPath = "metadata.name"
            container.env = [plain, reference, source]
            container.livenessProbe = probe { handler in
                handler.exec = ExecAction()
                handler.exec?.command = ["t", "$(A)", "$(B)", "$(C)", "$(D)", "$$(A)"]
            }
        }
        #expect(found.livenessProbe?.handler == .exec(["t", "x", "", "$(A)y", "$(D)", "$(A)"]))
    }

    @Test("The filter for what goes over the network travels only where something does", arguments: [false, true])
    func carriesFilter(isNetwork: Bool) throws {
        var planner = planner()
        let pod = testPod { pod in
            pod.spec.containers[0].livenessProbe = probe { handler in
                if isNetwork {
                    handler.grpc = GRPCAction()
                    handler.grpc?.port = 5
                } else {
                    handler.exec = ExecAction()
                }
            }
        }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: nil)
        #expect((plan.probeSeccomp != nil) == isNetwork)
        if let index = plan.probeSeccomp { #expect(plan.seccompPrograms[index].last == 0, "made without capabilities") }
    }

    @Test("Requests that name no host go to the pod's own address, or to the loopback where it has none")
    func hosts() {
        let container: (inout Container) -> Void = { container in
            var (http, tcp, grpc) = (HTTPGetAction(), TCPSocketAction(), GRPCAction())
            (http.port, tcp.port, grpc.port) = (.int(1), .int(2), 3)
            container.livenessProbe = probe { $0.httpGet = http }
            container.readinessProbe = probe { $0.tcpSocket = tcp }
            container.startupProbe = probe { $0.grpc = grpc }
            var hook = LifecycleHandler()
            hook.httpGet = http
            container.lifecycle = Lifecycle()
            container.lifecycle?.preStop = hook
        }
        var planner = planner()
        for (addresses, host) in [(["10.86.0.7", "fd00::7"], "10.86.0.7"), ([], "")] as [([String], String)] {
            let plan = planner.plan(
                testPod { container(&$0.spec.containers[0]) }, qosClass: .bestEffort, idRange: nil,
                addresses: addresses
            ).containers[0]
            var get = HTTPGetPlan()
            (get.host, get.port) = (host, 1)
            #expect(plan.livenessProbe?.handler == .httpGet(get))
            #expect(plan.readinessProbe?.handler == .tcpSocket(host: host, port: 2))
            #expect(plan.startupProbe?.handler == .grpc(host: host, port: 3, service: ""))
            #expect(plan.preStop == .httpGet(get))
        }
    }
}
