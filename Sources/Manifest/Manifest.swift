// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// An object that a manifest describes, defaulted.
package enum ManifestObject: Hashable, Sendable {
    case job(Job)
    case pod(Pod)
}

/// What came of reading manifests: the objects in the order of the text, and everything that is wrong with it.
/// Objects are only to be used when there is no fault.
package struct ManifestReading: Sendable {
    package var objects: [ManifestObject] = []
    package var faults: [Fault] = []

    package init() {}
}

/// Reads every Job, Pod and List in `text`, YAML or JSON, one or several documents.
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
private func read(_ value: Value, at path: FieldPath, _ document: Value, into reading: inout ManifestReading) {
    let list = FaultList(at: path)
    if let object = object(value, list, document, into: &reading) { reading.objects.append(object) }
    for var fault in list.faults {
        fault.line = document.line(of: fault.path)
        reading.faults.append(fault)
    }
}

private func object(
    _ value: Value, _ faults: FaultList, _ document: Value, into reading: inout ManifestReading
) -> ManifestObject? {
    guard case .object = value.content else {
        faults.add(.wrongType(expected: "an object with apiVersion and kind", found: value.kindInWords))
        return nil
    }
    guard let kind = text("kind", of: value, faults), let version = text("apiVersion", of: value, faults) else {
        return nil
    }
    switch (version, kind) {
    case (Job.apiVersion, Job.kind):
        guard var job = Job.read(value, faults) else { return nil }
        job.applyDefaults()
        faults.addThoseBeyond { job.validate($0) }
        return .job(job)
    case (Pod.apiVersion, Pod.kind):
        guard var pod = Pod.read(value, faults) else { return nil }
        pod.applyDefaults()
        faults.addThoseBeyond { pod.validate($0) }
        return .pod(pod)
    case ("v1", "List"):
        readItems(of: value, at: faults.path, document, into: &reading, faults)
    default:
        reportKind(kind, version, faults)
    }
    return nil
}

private func readItems(
    of list: Value, at path: FieldPath, _ document: Value, into reading: inout ManifestReading, _ faults: FaultList
) {
    Fields.reading(list, faults) { $0.ignored("apiVersion", "kind", "metadata", "items") }
    guard let items = list["items"], !items.isNull else { return }
    guard case .array(let elements) = items.content else {
        return faults.add(.wrongType(expected: "a list", found: items.kindInWords), at: .field("items"))
    }
    for (index, element) in elements.enumerated() {
        read(element, at: FieldPath(path.components + [.field("items"), .index(index)]), document, into: &reading)
    }
}

/// `apiVersion` or `kind`, which every object has.
private func text(_ name: String, of value: Value, _ faults: FaultList) -> String? {
    guard let found = value[name], !found.isNull, found.string != "" else {
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

/// An object that is not a Job or a Pod: says whether the version, the kind or both are at fault.
private func reportKind(_ kind: String, _ version: String, _ faults: FaultList) {
    let versions = [Job.kind: Job.apiVersion, Pod.kind: Pod.apiVersion, "List": "v1"]
    if let right = versions[kind] {
        faults.add(.unsupported(value: Fault.quoted(version), supported: [right]), at: .field("apiVersion"))
    } else {
        faults.add(
            .notImplemented, at: .field("kind"),
            detail: "\(Fault.quoted(kind)) (\(Fault.quoted(version))): berth runs Job and Pod, and v1 List of them")
    }
}
