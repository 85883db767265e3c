// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Linux
import PodPlan

/// Gathers what is in the volumes of one pod that consist of files: configMap, secret, downwardAPI, projected.
struct FileVolumes {
    /// Bounds of all of them together; they travel to the pod's supervisor in one message.
    private static let maximumBytes = 12 << 20
    private static let maximumFiles = 1 << 15

    let downward: DownwardAPI
    let configs: ConfigSource
    private(set) var contents: [[UInt8]] = []
    private var positions: [Entry: Int] = [:]
    private var byteCount = 0
    private var fileCount = 0

    /// An entry of an object; it travels once, however many volumes have it.
    private struct Entry: Hashable {
        var kind: ConfigSource.Kind
        var object: String
        var key: String
    }

    /// Why a volume cannot be had, as the kubelet's event has it.
    struct Failure: Error, Hashable {
        var messages: [String]
        init(_ message: String) { messages = [message] }
        init(_ messages: [String]) { self.messages = messages }

        /// One sentence; several as Go joins them.
        var message: String { messages.count == 1 ? messages[0] : "[\(messages.joined(separator: ", "))]" }
    }

    /// Files by their place; a later one takes the place of an earlier one.
    private typealias Payload = [String: VolumeFile]

    init(_ downward: DownwardAPI, _ configs: ConfigSource) {
        self.downward = downward
        self.configs = configs
    }

    mutating func files(_ source: SecretVolumeSource) throws(Failure) -> [VolumeFile] {
        var projection = ObjectProjection()
        (projection.name, projection.items, projection.optional) = (source.secretName, source.items, source.optional)
        return try finish(try payload(projection, .secret, source.defaultMode))
    }

    mutating func files(_ source: ConfigMapVolumeSource) throws(Failure) -> [VolumeFile] {
        var projection = ObjectProjection()
        (projection.name, projection.items, projection.optional) = (source.name, source.items, source.optional)
        return try finish(try payload(projection, .configMap, source.defaultMode))
    }

    mutating func files(_ source: DownwardAPIVolumeSource) throws(Failure) -> [VolumeFile] {
        try finish(try payload(source.items, source.defaultMode))
    }

    mutating func files(_ source: ProjectedVolumeSource) throws(Failure) -> [VolumeFile] {
        var (all, faults): (Payload, [String]) = ([:], [])
        for projection in source.sources {
            do throws(Failure) {
                let payload =
                    if let secret = projection.secret {
                        try payload(secret, .secret, source.defaultMode)
                    } else if let configMap = projection.configMap {
                        try payload(configMap, .configMap, source.defaultMode)
                    } else {
                        try payload(projection.downwardAPI?.items ?? [], source.defaultMode)
                    }
                all.merge(payload) { $1 }
            } catch {
                faults += error.messages
            }
        }
        guard faults.isEmpty else { throw Failure(faults) }
        return try finish(all)
    }

    private mutating func payload(
        _ source: ObjectProjection, _ kind: ConfigSource.Kind, _ defaultMode: Int32?
    ) throws(Failure) -> Payload {
        let isOptional = source.optional == true
        let found = configs.find(kind, downward.pod.metadata.namespace, source.name)
        guard let object = found ?? (isOptional ? ConfigSource.Contents() : nil) else {
            throw Failure(kind.absent(source.name))
        }
        var payload: Payload = [:]
        if source.items.isEmpty {
            for (key, bytes) in object.binaryData.merging(object.data, uniquingKeysWith: { $1 }) {
                let position = try add(bytes, Entry(kind: kind, object: source.name, key: key))
                try put(key, nil, defaultMode, position, into: &payload)
            }
        }
        for item in source.items {
            guard let bytes = object.data[item.key] ?? object.binaryData[item.key] else {
                if isOptional { continue }
                let prefix =
                    kind == .configMap ? "configmap references non-existent config" : "references non-existent secret"
                throw Failure("\(prefix) key: \(item.key)")
            }
            let position = try add(bytes, Entry(kind: kind, object: source.name, key: item.key))
            try put(item.path, item.mode, defaultMode, position, into: &payload)
        }
        return payload
    }

    private mutating func payload(
        _ items: [DownwardAPIVolumeFile], _ defaultMode: Int32?
    ) throws(Failure) -> Payload {
        var (payload, faults): (Payload, [String]) = ([:], [])
        for item in items {
            do throws(Failure) {
                let text = try text(item)
                try put(item.path, item.mode, defaultMode, try add(Array(text.utf8), nil), into: &payload)
            } catch {
                faults += error.messages
            }
        }
        guard faults.isEmpty else { throw Failure(faults) }
        return payload
    }

    private func text(_ item: DownwardAPIVolumeFile) throws(Failure) -> String {
        if let resource = item.resourceFieldRef {
            do throws(DownwardAPI.Failure) {
                return try downward.resource(resource, own: nil)
            } catch {
                throw Failure(error.message)
            }
        }
        return item.fieldRef.flatMap { downward.field($0.fieldPath) } ?? ""
    }

    private mutating func add(_ bytes: [UInt8], _ entry: Entry?) throws(Failure) -> Int {
        if let entry, let position = positions[entry] { return position }
        byteCount += bytes.count
        try checkBounds(files: contents.count + 1)
        if let entry { positions[entry] = contents.count }
        contents.append(bytes)
        return contents.count - 1
    }

    private func checkBounds(files: Int) throws(Failure) {
        guard byteCount <= FileVolumes.maximumBytes, files <= FileVolumes.maximumFiles else {
            throw Failure(
                "the volumes of a pod can have \(FileVolumes.maximumFiles) files of \(FileVolumes.maximumBytes) bytes "
                    + "from ConfigMaps, Secrets and the downward API together; use emptyDir or hostPath for more")
        }
    }

    private func put(
        _ path: String, _ mode: Int32?, _ defaultMode: Int32?, _ position: Int, into payload: inout Payload
    ) throws(Failure) {
        let parts = path.pathParts.filter { $0 != "." }
        guard !parts.isEmpty, !parts.contains(".."), !parts[0].utf8.starts(with: "..".utf8) else {
            throw Failure("invalid path \"\(path)\" of a file")
        }
        let clean = parts.joined(separator: "/")
        let bits = UInt32(truncatingIfNeeded: mode ?? defaultMode ?? 0o644) & 0o777
        payload[clean] = VolumeFile(path: clean, mode: bits, contents: position)
    }

    /// The files of a volume by path, after a look at whether they can be there together.
    private mutating func finish(_ payload: Payload) throws(Failure) -> [VolumeFile] {
        fileCount += payload.count
        try checkBounds(files: fileCount)
        for path in payload.keys {
            for (index, byte) in zip(path.utf8.indices, path.utf8) where byte == UInt8(ascii: "/") {
                guard payload[String(path[..<index])] == nil else {
                    throw Failure("\"\(path[..<index])\" is a file, and a directory of \"\(path)\"")
                }
            }
        }
        return payload.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
}
