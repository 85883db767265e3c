// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// The variables of `envFrom` and `env`, resolved.
///
/// Later wins: the sources of `envFrom` in their order, then `env`. A value sees the variables before it. Every name that
/// a ConfigMap's key can have is a name of a variable since Kubernetes 1.34, so that none is skipped.
struct ManifestVariables {
    /// Each once, in the order of its first appearance.
    private(set) var names: [String] = []
    private(set) var values: [String: String] = [:]
    /// Those that are in files, whose values are marks. In the order in which they are declared.
    private(set) var files: [File] = []

    struct File {
        var name: String
        var selector: FileKeySelector
        /// The value that the name had before.
        var earlier: String?
    }

    /// - Throws: what keeps the container from being created, in the kubelet's words.
    init(_ container: Container, _ downward: DownwardAPI, _ configs: ConfigSource) throws(Refusal) {
        let namespace = downward.pod.metadata.namespace
        for source in container.envFrom {
            try add(source.configMapRef, .configMap, source.prefix, namespace, configs)
            try add(source.secretRef, .secret, source.prefix, namespace, configs)
        }
        for variable in container.env {
            if let selector = variable.fileKeyRef, variable.value.isEmpty {
                let mark = FileVariablePlan.mark(files.count)
                files.append(File(name: variable.name, selector: selector, earlier: values[variable.name]))
                set(variable.name, mark)
                continue
            }
            if let value = try value(of: variable, container, downward, configs) { set(variable.name, value) }
        }
        // No program could be executed with so many.
        if names.count > 1 << 15 { throw .create("\(names.count) environment variables: argument list too long") }
    }

    private mutating func set(_ name: String, _ value: String) {
        if values.updateValue(value, forKey: name) == nil { names.append(name) }
    }

    /// All entries of an object, by name.
    private mutating func add(
        _ source: ObjectSource?, _ kind: ConfigSource.Kind, _ prefix: String, _ namespace: String,
        _ configs: ConfigSource
    ) throws(Refusal) {
        guard let source else { return }
        guard let contents = configs.find(kind, namespace, source.name) else {
            if source.optional == true { return }
            throw .config(kind.absent(source.name))
        }
        for (key, bytes) in contents.data.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            set(prefix + key, try text(bytes, kind, source.name, key))
        }
    }

    /// nil: there is no such variable, and it is optional.
    private func value(
        of variable: EnvVar, _ container: Container, _ downward: DownwardAPI, _ configs: ConfigSource
    ) throws(Refusal) -> String? {
        if !variable.value.isEmpty { return expand(variable.value, values) }
        if let reference = variable.fieldRef { return downward.field(reference.fieldPath) ?? "" }
        if let reference = variable.resourceFieldRef {
            do throws(DownwardAPI.Failure) {
                return try downward.resource(reference, own: container)
            } catch {
                throw .config(error.message)
            }
        }
        let namespace = downward.pod.metadata.namespace
        if let key = variable.configMapKeyRef { return try entry(key, .configMap, namespace, configs) }
        if let key = variable.secretKeyRef { return try entry(key, .secret, namespace, configs) }
        return ""
    }

    private func entry(
        _ selector: KeySelector, _ kind: ConfigSource.Kind, _ namespace: String, _ configs: ConfigSource
    ) throws(Refusal) -> String? {
        let isOptional = selector.optional == true
        guard let contents = configs.find(kind, namespace, selector.name) else {
            if isOptional { return nil }
            throw .config(kind.absent(selector.name))
        }
        guard let bytes = contents.data[selector.key] else {
            if isOptional { return nil }
            throw .config("couldn't find key \(selector.key) in \(kind.name) \(namespace)/\(selector.name)")
        }
        return try text(bytes, kind, selector.name, selector.key)
    }

    /// What no variable can hold is an error: cut off or mended it would be another value.
    private func text(
        _ bytes: [UInt8], _ kind: ConfigSource.Kind, _ name: String, _ key: String
    ) throws(Refusal) -> String {
        if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) { return text }
        throw .create(
            "key \(key) of \(kind.name) \"\(name)\" is no text that a variable can hold (UTF-8 without a null byte); "
                + "mount it as a file")
    }
}

extension ConfigSource.Kind {
    /// As an object is named in a sentence.
    var name: String { self == .configMap ? "ConfigMap" : "Secret" }

    /// The API server's words about an object that isn't there.
    func absent(_ object: String) -> String { "\(self == .configMap ? "configmap" : "secret") \"\(object)\" not found" }
}
