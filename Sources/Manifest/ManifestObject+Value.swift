// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

extension ManifestObject {
    /// The whole object with its status, in the fields of Kubernetes.
    package var value: Value {
        switch self {
        case .job(let job): job.write()
        case .cronJob(let cronJob): cronJob.write()
        case .pod(let pod): pod.write()
        case .configMap(let configMap): configMap.write()
        case .secret(let secret): secret.write()
        case .service(let service): service.write()
        }
    }

    package var metadata: ObjectMeta {
        switch self {
        case .job(let job): job.metadata
        case .cronJob(let cronJob): cronJob.metadata
        case .pod(let pod): pod.metadata
        case .configMap(let configMap): configMap.metadata
        case .secret(let secret): secret.metadata
        case .service(let service): service.metadata
        }
    }

    package var kind: String {
        switch self {
        case .job: Job.kind
        case .cronJob: CronJob.kind
        case .pod: Pod.kind
        case .configMap: ConfigMap.kind
        case .secret: Secret.kind
        case .service: Service.kind
        }
    }
}

extension Value {
    /// `v1 List` of these objects, as kubectl prints several.
    package static func list(_ objects: [ManifestObject]) -> Value {
        Fields.writing { f in
            f.constant("apiVersion", "v1")
            f.constant("kind", "List")
            f.inline("metadata", isPresent: true) { $0.constant("resourceVersion", "") }
            f.value("items", Value(.array(objects.map(\.value))))
        }
    }
}
