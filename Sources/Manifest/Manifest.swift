// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// An object that a manifest describes, defaulted.
package enum ManifestObject: Hashable, Sendable {
    case job(Job)
    case cronJob(CronJob)
    case pod(Pod)
    case configMap(ConfigMap)
    case secret(Secret)
    case service(Service)
}

/// What came of reading manifests: the objects in the order of the text, and everything that is wrong with it.
/// Objects are only to be used when there is no fault.
package struct ManifestReading: Sendable {
    package var objects: [ManifestObject] = []
    package var faults: [Fault] = []
    /// Fields that are accepted and have no effect, in the order of the text.
    package var unapplied: [UnappliedField] = []

    package init() {}
}

/// A field that is accepted and has no effect on one machine.
package struct UnappliedField: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    /// Counted from 1; 0 when unknown.
    package var line: Int
    package var path: FieldPath

    /// One line: `job.yaml:12: spec.template.spec.tolerations: has no effect on one machine`.
    package var description: String {
        "\(file)\(line > 0 ? ":\(line)" : ""): \(path): has no effect on one machine"
    }
}

/// Reads every Job, CronJob, Pod, ConfigMap, Secret, Service and list of them in `text`, YAML or JSON, one or several
/// documents.
///
/// Each object is decoded strictly (unknown and repeated fields are faults), defaulted and validated as the API server
/// does it. `fileName` is only for the faults.
package func readManifests(
    _ text: String, fileName: String, budget: ReadingBudget = ReadingBudget()
) -> ManifestReading {
    var reading = ManifestReading()
    do throws(Fault) {
        let documents = try readDocuments(text, budget: budget)
        for document in documents { read(document, at: FieldPath(), document, into: &reading) }
        if documents.isEmpty { reading.faults.append(Fault(.syntax, "there is no object in it")) }
    } catch {
        reading.faults.append(error)
    }
    // In the order of the text; those of one line as they were found.
    let order = reading.faults.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
    reading.faults = order.prefix(FaultList.maximum).map(\.element)
    if order.count >= FaultList.maximum {
        reading.faults.append(Fault(.syntax, "these are the first \(FaultList.maximum) faults; there may be more"))
    }
    for index in reading.faults.indices { reading.faults[index].file = fileName }
    for index in reading.unapplied.indices { reading.unapplied[index].file = fileName }
    return reading
}

/// The value trees of the documents in `text`, YAML or JSON; empty ones are left out.
package func readDocuments(
    _ text: String, budget: ReadingBudget = ReadingBudget()
) throws(Fault) -> [Value] {
    var text = text
    let result = text.withUTF8 { bytes -> Result<[Value], Fault> in
        do throws(Fault) {
            guard bytes.count <= budget.inputBytes else {
                throw Fault(.syntax, "the text has \(bytes.count) bytes; at most \(budget.inputBytes) are read")
            }
            if let documents = try JSONReader.documents(in: bytes, budget: budget) { return .success(documents) }
            return .success(try YAMLReader.documents(in: bytes, budget: budget))
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

/// Reads the object at `path` of a document.
private func read(
    _ value: Value, at path: FieldPath, _ document: Value, implied: TypeName? = nil,
    into reading: inout ManifestReading
) {
    let list = FaultList(at: path)
    if let object = object(value, list, document, implied, into: &reading) { reading.objects.append(object) }
    for var fault in list.faults {
        fault.line = document.line(of: fault.path)
        reading.faults.append(fault)
    }
    for path in list.unapplied {
        reading.unapplied.append(UnappliedField(file: "", line: document.line(of: path), path: path))
    }
}

private func object(
    _ value: Value, _ faults: FaultList, _ document: Value, _ implied: TypeName?, into reading: inout ManifestReading
) -> ManifestObject? {
    guard case .object = value.content else {
        faults.add(.wrongType(expected: "an object with apiVersion and kind", found: value.kindInWords))
        return nil
    }
    guard let type = typeName(of: value, implied, faults) else { return nil }
    switch (type.version, type.kind) {
    case (Job.apiVersion, Job.kind):
        guard var job = Job.read(value, faults) else { return nil }
        job.applyDefaults()
        faults.addThoseBeyond { job.validate($0) }
        return .job(job)
    case (CronJob.apiVersion, CronJob.kind):
        guard var cronJob = CronJob.read(value, faults) else { return nil }
        cronJob.applyDefaults()
        faults.addThoseBeyond { cronJob.validate($0) }
        return .cronJob(cronJob)
    case (Pod.apiVersion, Pod.kind):
        guard var pod = Pod.read(value, faults) else { return nil }
        pod.applyDefaults()
        faults.addThoseBeyond { pod.validate($0) }
        return .pod(pod)
    case (ConfigMap.apiVersion, ConfigMap.kind):
        guard let configMap = ConfigMap.read(value, faults) else { return nil }
        faults.addThoseBeyond { configMap.validate($0) }
        return .configMap(configMap)
    case (Secret.apiVersion, Secret.kind):
        guard var secret = Secret.read(value, faults) else { return nil }
        secret.applyDefaults()
        faults.addThoseBeyond { secret.validate($0) }
        return .secret(secret)
    case (Service.apiVersion, Service.kind):
        guard var service = Service.read(value, faults) else { return nil }
        service.applyDefaults()
        faults.addThoseBeyond { service.validate($0) }
        return .service(service)
    default:
        guard TypeName.lists.contains(type) else {
            reportKind(type, faults)
            break
        }
        readItems(of: value, type, at: faults.path, document, into: &reading, faults)
    }
    return nil
}

/// Items of a list of one kind need not name it. As for kubectl they may be of any.
private func readItems(
    of list: Value, _ type: TypeName, at path: FieldPath, _ document: Value, into reading: inout ManifestReading,
    _ faults: FaultList
) {
    Fields.reading(list, faults) { $0.ignored("apiVersion", "kind", "metadata", "items") }
    guard let items = list["items"], !items.isNull else { return }
    guard case .array(let elements) = items.content else {
        return faults.add(.wrongType(expected: "a list", found: items.kindInWords), at: .field("items"))
    }
    for (index, element) in elements.enumerated() {
        let path = FieldPath(path.components + [.field("items"), .index(index)])
        read(element, at: path, document, implied: type.item, into: &reading)
    }
}

/// What an object says that it is.
private struct TypeName: Hashable {
    var version: String
    var kind: String

    static let objects = [
        TypeName(version: Job.apiVersion, kind: Job.kind), TypeName(version: CronJob.apiVersion, kind: CronJob.kind),
        TypeName(version: Pod.apiVersion, kind: Pod.kind),
        TypeName(version: ConfigMap.apiVersion, kind: ConfigMap.kind),
        TypeName(version: Secret.apiVersion, kind: Secret.kind),
        TypeName(version: Service.apiVersion, kind: Service.kind),
    ]
    static let lists =
        [TypeName(version: "v1", kind: "List")] + objects.map { TypeName(version: $0.version, kind: $0.kind + "List") }

    /// That of a list's items; nil: they say it themselves.
    var item: TypeName? { TypeName.objects.first { $0.version == version && $0.kind + "List" == kind } }
}

private func typeName(of value: Value, _ implied: TypeName?, _ faults: FaultList) -> TypeName? {
    if let implied, isAbsent("kind", of: value), isAbsent("apiVersion", of: value) { return implied }
    guard let kind = text("kind", of: value, faults), let version = text("apiVersion", of: value, faults) else {
        return nil
    }
    return TypeName(version: version, kind: kind)
}

private func isAbsent(_ name: String, of value: Value) -> Bool {
    guard let found = value[name], !found.isNull else { return true }
    return found.string == ""
}

/// `apiVersion` or `kind`, which every object has.
private func text(_ name: String, of value: Value, _ faults: FaultList) -> String? {
    guard !isAbsent(name, of: value), let found = value[name] else {
        faults.add(.required, at: .field(name))
        return nil
    }
    if let text = found.string { return text }
    faults.add(.wrongType(expected: "a string", found: found.kindInWords), at: .field(name))
    return nil
}

extension FaultList {
    /// Adds what a validation finds, but for what only follows from a field that could not be read.
    fileprivate func addThoseBeyond(_ validate: (FaultList) -> Void) {
        let unread = faults.filter(\.leavesFieldUnread).map(\.path)
        let validation = FaultList(at: path)
        validate(validation)
        faults += validation.faults.filter { found in !unread.contains { $0.contains(found.path) } }
    }
}

extension Fault {
    /// Whether the field has no value because of this.
    fileprivate var leavesFieldUnread: Bool {
        switch kind {
        case .unknownField, .notImplemented: false
        default: true
        }
    }
}

/// An object of none of our kinds: says whether the version, the kind or both are at fault.
private func reportKind(_ type: TypeName, _ faults: FaultList) {
    if let right = (TypeName.objects + TypeName.lists).first(where: { $0.kind == type.kind }) {
        faults.add(
            .unsupported(value: Fault.quoted(type.version), supported: [right.version]), at: .field("apiVersion"))
    } else {
        faults.add(
            .notImplemented, at: .field("kind"),
            detail:
                "\(Fault.quoted(type.kind)) (\(Fault.quoted(type.version))): berth runs Job, CronJob and Pod with ConfigMap, Secret and Service, and lists of them"
        )
    }
}
