// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct ReadingTests {
    static let pi = """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: pi
        spec:
          template:
            spec:
              containers:
              - name: pi
                image: perl:5.34.0
                command: ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"]
              restartPolicy: Never
          backoffLimit: 4
        """

    @Test("The first Job of the Kubernetes documentation is read as it stands")
    func readsPi() throws {
        let reading = readManifests(Self.pi, fileName: "pi.yaml")
        #expect(reading.faults == [])
        guard case .job(let job) = reading.objects.first else { Issue.record("no Job"); return }
        #expect(job.metadata.name == "pi")
        #expect(job.spec.backoffLimit == 4)
        #expect(job.spec.completions == 1)
        #expect(job.spec.template.spec.restartPolicy == .never)
        #expect(job.spec.template.spec.containers[0].command == ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"])
        #expect(job.spec.template.spec.containers[0].imagePullPolicy == .ifNotPresent)
    }
}
