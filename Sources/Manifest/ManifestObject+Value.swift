// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

extension ManifestObject {
    /// The whole object with its status, in the fields of Kubernetes.
    package var value: Value {
        switch self {
        case .job(let job): job.write()
        case .pod(let pod): pod.write()
        }
    }

    package var metadata: ObjectMeta {
        switch self {
        case .job(let job): job.metadata
        case .pod(let pod): pod.metadata
        }
    }

    package var kind: String {
        switch self {
        case .job: Job.kind
        case .pod: Pod.kind
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
