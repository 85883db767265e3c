// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct ServiceTests {
    private func text(_ spec: String) -> String {
        "apiVersion: v1\nkind: Service\nmetadata: {name: headless}\nspec: \(spec)\n"
    }

    @Test("A Service without an address is accepted beside the Job that uses its name, and written as it was read")
    func accepts() throws {
        let text =
            text("{clusterIP: None, selector: {job-name: example-job}, ports: [{port: 80}]}") + "---\n" + jobText()
        let reading = readManifests(text, fileName: "")
        #expect(reading.faults == [] && reading.objects.map(\.kind) == ["Service", "Job"])
        #expect(reading.unapplied.map(\.path.description) == ["spec.ports"])
        let again = readManifests(reading.objects[0].value.yaml, fileName: "")
        #expect(again.objects == [reading.objects[0]])
        #expect(reading.objects[0].value.yaml.contains("port: 80"))
    }

    @Test(
        "Every other kind of Service is refused by its field",
        arguments: [
            (
                "{selector: {a: b}}",
                "spec.clusterIP: not supported by Berth: only \"None\": the pods themselves are found by name, there is no address for all of them"
            ),
            (
                "{clusterIP: 10.0.0.1}",
                "spec.clusterIP: not supported by Berth: only \"None\": the pods themselves are found by name, there is no address for all of them"
            ),
            (
                "{type: LoadBalancer}",
                "spec.type: not supported by Berth: only \"ClusterIP\", with clusterIP: None"
            ),
            (
                "{type: ExternalName, externalName: x.y}",
                "spec.externalName: not supported by Berth: one machine has no services to the outside; see hostPort and hostNetwork"
            ),
            (
                "{clusterIP: None, clusterIPs: [None, '10.0.0.1']}",
                "spec.clusterIPs: Invalid value: [\"None\",\"10.0.0.1\"]: must match clusterIP"
            ),
            ("{clusterIP: None, selektor: {}}", "unknown field \"spec.selektor\" (did you mean \"selector\"?)"),
        ])
    func refuses(spec: String, fault: String) {
        #expect(faults(in: text(spec)).contains(fault), "\(faults(in: text(spec)))")
    }
}
