// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest

/// A Job that is right in all but what a test puts in, at the three places where most fields are.
func jobText(metadata: String = "name: pi", spec: String = "", pod: String = "", container: String = "") -> String {
    """
    apiVersion: batch/v1
    kind: Job
    metadata: {\(metadata)}
    spec:
      \(spec)
      template:
        spec:
          \(pod.contains("restartPolicy") ? "" : "restartPolicy: Never")
          \(pod)
          containers:
          - name: main
            image: busybox
            \(container)
    """
}

/// What is wrong with a text, each without file and line.
func faults(in text: String) -> [String] {
    readManifests(text, fileName: "test.yaml").faults.map { fault in
        var fault = fault
        fault.file = ""
        fault.line = 0
        return fault.description
    }
}

/// The Job of a text that has no fault.
func readJob(_ text: String) throws -> Job {
    let reading = readManifests(text, fileName: "test.yaml")
    if let fault = reading.faults.first { throw fault }
    guard case .job(let job) = reading.objects.first else { throw Fault(.notFound(value: "Job")) }
    return job
}
