// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import KubernetesAPI
import Testing

/// `docs/compatibility.md` against the types, and the types against Kubernetes.
struct CompatibilityTests {
    private static let roots: [FieldCatalog] = [
        FieldCatalog(of: Job.self), FieldCatalog(of: Pod.self), FieldCatalog(of: ConfigMap.self),
        FieldCatalog(of: CronJob.self), FieldCatalog(of: Secret.self), FieldCatalog(of: Service.self),
    ]
    private static let document = "docs/compatibility.md"

    private static var entries: [FieldCatalog.Entry] {
        var seen: Set<FieldCatalog.Entry> = []
        return roots.flatMap(\.entries).filter { seen.insert($0).inserted }
    }

    @Test("Every field of Kubernetes is declared: implemented, without effect, or refused by its path")
    func declaresAll() {
        let declared = Dictionary(grouping: Self.entries, by: \.type).mapValues { Set($0.map(\.field)) }
        for (type, fields) in fieldsOfKubernetes.sorted(by: { $0.key < $1.key }) {
            let missing = Set(fields.split(whereSeparator: \.isWhitespace).map(String.init))
                .subtracting(declared[type] ?? [])
            #expect(missing.isEmpty, "\(type) does not declare \(missing.sorted().joined(separator: ", "))")
        }
    }

    @Test("Nothing is declared that Kubernetes doesn't have")
    func declaresNoMore() {
        for entry in Self.entries where !entry.field.contains(".") {
            guard let fields = fieldsOfKubernetes[entry.type] else { continue }
            #expect(
                fields.split(whereSeparator: \.isWhitespace).contains(Substring(entry.field)),
                "\(entry.type).\(entry.field) is no field of Kubernetes")
        }
    }

    @Test("docs/compatibility.md has exactly the declared fields, each with its true state")
    func documentsAll() throws {
        let text = try String(contentsOfFile: Self.document, encoding: .utf8)
        let written = CompatibilityDocument(text)
        let updated = written.updated(to: Self.entries)
        // `BERTH_UPDATE_DOCS=1 swift test --filter Compatibility` brings the tables up to date; the notes stay.
        if ProcessInfo.processInfo.environment["BERTH_UPDATE_DOCS"] != nil {
            try updated.write(toFile: Self.document, atomically: true, encoding: .utf8)
        }
        #expect(updated == text, "set BERTH_UPDATE_DOCS=1, run this test again, and write a note where one is due")
    }
}

/// The document: text of its own up to the first table, then a table for each type.
private struct CompatibilityDocument {
    private var head: [Substring] = []
    private var notes: [String: String] = [:]

    init(_ text: String) {
        var type: Substring?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("### ") { type = line.dropFirst(4) }
            guard let type else { head.append(line); continue }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmed }
            guard cells.count == 5, cells[1].hasPrefix("`") else { continue }
            notes["\(type).\(cells[1].dropFirst().dropLast())"] = cells[3]
        }
        while head.last?.isEmpty == true { head.removeLast() }
    }

    /// The tables made anew from what is declared, with the notes that are there.
    func updated(to entries: [FieldCatalog.Entry]) -> String {
        var text = head.joined(separator: "\n") + "\n"
        var types: [String] = []
        for entry in entries where !types.contains(entry.type) { types.append(entry.type) }
        for type in types {
            text += "\n### \(type)\n\n| field | state | note |\n| --- | --- | --- |\n"
            for entry in entries where entry.type == type {
                let note = entry.state.reason ?? notes["\(type).\(entry.field)"] ?? ""
                text += "| `\(entry.field)` | \(entry.state.word) | \(note)\(note.isEmpty ? "" : " ")|\n"
            }
        }
        return text
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

extension FieldCatalog.State {
    fileprivate var word: String {
        switch self {
        case .implemented: "implemented"
        case .partial: "partly"
        case .unapplied: "no effect"
        case .ignored: "dropped"
        case .refused: "refused"
        }
    }

    /// What the declaration says itself.
    fileprivate var reason: String? {
        switch self {
        case .partial(let reason), .refused(let reason): reason.isEmpty ? nil : reason
        default: nil
        }
    }
}
