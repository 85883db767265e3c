// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

struct ProbeArgumentsTests {
    @Test("Each kind of request goes to the host of its plan, or to the loopback", arguments: ["10.86.0.7", ""])
    func hosts(host: String) {
        let to = host.isEmpty ? "127.0.0.1" : host
        var get = HTTPGetPlan()
        (get.host, get.port) = (host, 80)
        let words: [(HandlerPlan, [String])] = [
            (.httpGet(get), ["http", to, "80", "/", "probe"]), (.tcpSocket(host: host, port: 5), ["tcp", to, "5"]),
            (.grpc(host: host, port: 6, service: "s"), ["grpc", to, "6", "s"]),
        ]
        for (handler, expected) in words {
            #expect(handler.probeArguments(purpose: "probe") == ["berth-probe"] + expected)
        }
        #expect(HandlerPlan.exec(["a"]).probeArguments(purpose: "probe") == nil)
    }
}
