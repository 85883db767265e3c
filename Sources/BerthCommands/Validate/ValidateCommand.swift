// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ControlPlane
import KubernetesAPI

/// `berth validate`.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks manifests as `berth run` would, and runs nothing.",
        discussion: """
            Every fault comes on a line of its own, with file, line and field path. The exit status is 2 when there is one.

            EXAMPLES
              berth validate job.yaml
              kubectl create job x --image=busybox --dry-run=client -o yaml | berth validate -
            """)

    @Argument(help: ArgumentHelp("Manifests to check; - reads standard input.", valueName: "file"))
    var files: [String]

    func run() throws {
        var input = ManifestInput()
        for file in files { try input.read(file) }
        for object in try input.objects() {
            switch object {
            case .job(let job): print("job.batch/\(job.metadata.name) is valid".escapedForTerminal)
            case .cronJob(let cronJob): print("cronjob.batch/\(cronJob.metadata.name) is valid".escapedForTerminal)
            case .pod(let pod): print("pod/\(pod.metadata.name) is valid".escapedForTerminal)
            case .configMap(let map): print("configmap/\(map.metadata.name) is valid".escapedForTerminal)
            case .secret(let secret): print("secret/\(secret.metadata.name) is valid".escapedForTerminal)
            case .service(let service): print("service/\(service.metadata.name) is valid".escapedForTerminal)
            }
        }
    }
}
