// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlanning

/// The ConfigMaps and Secrets of a run, as planning asks for them.
final class ConfigObjects {
    private struct Name: Hashable {
        var kind: ConfigSource.Kind
        var namespace: String
        var name: String
    }

    private var contents: [Name: ConfigSource.Contents] = [:]

    // What has only a generated name is called by nobody.

    func add(_ object: ConfigMap, namespace: String) {
        if object.metadata.name.isEmpty { return }
        contents[Name(kind: .configMap, namespace: namespace, name: object.metadata.name)] = .init(
            data: object.data.mapValues { Array($0.utf8) }, binaryData: object.binaryData.mapValues(\.bytes))
    }

    func add(_ object: Secret, namespace: String) {
        if object.metadata.name.isEmpty { return }
        contents[Name(kind: .secret, namespace: namespace, name: object.metadata.name)] = .init(
            data: object.data.mapValues(\.bytes))
    }

    var source: ConfigSource {
        ConfigSource { [self] kind, namespace, name in
            contents[Name(kind: kind, namespace: namespace, name: name)]
        }
    }
}
