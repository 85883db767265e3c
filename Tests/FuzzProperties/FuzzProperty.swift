// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Manifest
import PodPlan

/// What has to hold for whatever bytes come in. The fuzzer looks for bytes that break one; those it found stay as tests.
public enum FuzzProperty: String, CaseIterable, Sendable {
    /// A manifest is read without a trap, and what is right is written as what reads the same.
    case manifest
    /// The text of any value, printed as YAML and as JSON, is read as that value.
    case printing
    /// A quantity prints as one of the same value, and that one's text stays.
    case quantity
    /// A list of indexes prints as one of the same indexes.
    case indexes
    /// A time prints as itself, to the second.
    case timestamp
    /// A schedule is read without a trap, and is due after the time that is asked about.
    case cron
    /// A file of the tz database is read without a trap, and a schedule in that zone is due after the time that is asked
    /// about.
    case zone
    /// What comes over a pod's socket is an error or a message that is sent again byte by byte.
    case plan
    /// What is read as JSON is printed as what reads the same.
    case json
    /// A container's configuration is read without a trap, and means the same in any layout.
    case config
    /// What a registry answers is read without a trap, in whatever pieces it comes, and nothing of it becomes an
    /// instruction to curl or to a terminal.
    case registry

    /// The sentence that is broken by these bytes; nil when all is well.
    public func violation(_ bytes: [UInt8]) -> String? {
        if self == .plan { return brokenByPlan(bytes) }
        if self == .zone { return brokenByZone(bytes) }
        if self == .json { return brokenByJSON(bytes) }
        if self == .config { return brokenByConfig(bytes) }
        if self == .registry { return brokenByRegistry(bytes) }
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        return switch self {
        case .manifest: brokenByManifest(text)
        case .printing: brokenByPrinting(text)
        case .quantity: brokenByQuantity(text)
        case .indexes: brokenByIndexes(text)
        case .timestamp: brokenByTimestamp(text)
        case .cron: brokenByCron(text)
        case .plan, .zone, .json, .config, .registry: nil
        }
    }
}

private func brokenByManifest(_ text: String) -> String? {
    let reading = readManifests(text, fileName: "fuzz.yaml")
    for fault in reading.faults where fault.description.isEmpty { return "a fault without a word" }
    guard reading.faults.isEmpty else { return nil }
    for object in reading.objects {
        let written = object.value
        for (form, text) in [("YAML", written.yaml), ("JSON", written.json)] {
            let again = readManifests(text, fileName: "again")
            if let fault = again.faults.first { return "its \(form) is refused: \(fault)" }
            if again.objects.first?.value.withoutMarks != written.withoutMarks { return "its \(form) reads otherwise" }
        }
    }
    return nil
}

private func brokenByPrinting(_ text: String) -> String? {
    guard let documents = try? readDocuments(text) else { return nil }
    for document in documents where !document.isNull {
        for (form, text) in [("YAML", document.yaml), ("JSON", document.json)] {
            guard let again = try? readDocuments(text).first else { return "its \(form) can't be read" }
            // `.25` and `0.25` are one number.
            if again.json != document.json { return "its \(form) reads otherwise" }
        }
    }
    return nil
}

private func brokenByQuantity(_ text: String) -> String? {
    guard let quantity = Quantity(text) else { return nil }
    guard let again = Quantity(quantity.description) else { return "\(quantity) is none" }
    // Sizes with a binary suffix are printed in whole bytes, rounded up.
    let isRounded = quantity.format == .binarySI && quantity.nanos % Quantity.nanosPerUnit != 0
    if again.nanos != quantity.nanos, !isRounded { return "\(quantity) is \(again.nanos), not \(quantity.nanos)" }
    // A size that no binary suffix divides is printed without, and without it is a decimal number.
    let settled = Quantity(again.description)
    if settled?.description != again.description { return "\(again) prints as \(settled?.description ?? "nothing")" }
    _ = (quantity.value, quantity.milliValue, quantity.roundedUpToMilli)
    return nil
}

private func brokenByCron(_ text: String) -> String? {
    guard let schedule = try? CronSchedule(text) else { return nil }
    return broken(schedule)
}

private func brokenByZone(_ bytes: [UInt8]) -> String? {
    guard let zone = try? TimeZone(file: bytes) else { return nil }
    for text in ["30 2 * * *", "0 0 31 12 *", "59 23 * 3 0"] {
        guard let schedule = try? CronSchedule(text, zone: zone) else { return "\(text) is no schedule" }
        if let sentence = broken(schedule) { return sentence }
    }
    return nil
}

private func broken(_ schedule: CronSchedule) -> String? {
    var now = Timestamp(seconds: 1_700_000_000)
    for _ in 0..<3 {
        guard let next = schedule.next(after: now) else { return nil }
        if next <= now { return "after \(now.rfc3339) it is due at \(next.rfc3339)" }
        now = next
    }
    return nil
}

private func brokenByIndexes(_ text: String) -> String? {
    guard let indexes = try? IndexSet(parsing: text) else { return nil }
    guard let again = try? IndexSet(parsing: indexes.description) else { return "\(indexes) can't be read" }
    return again == indexes ? nil : "\(indexes) reads as \(again)"
}

private func brokenByTimestamp(_ text: String) -> String? {
    guard let time = Timestamp(rfc3339: text) else { return nil }
    // Fractions of a second are not printed.
    return Timestamp(rfc3339: time.rfc3339)?.rfc3339 == time.rfc3339 ? nil : "\(time.rfc3339) is another time"
}

private func brokenByPlan(_ bytes: [UInt8]) -> String? {
    if let plan = try? PodPlan(decoding: bytes), plan.encode() != bytes { return "a plan is sent otherwise" }
    if let report = try? PodReport(decoding: bytes), report.encode() != bytes { return "a report is sent otherwise" }
    if let command = try? PodCommand(decoding: bytes), command.encode() != bytes {
        return "a command is sent otherwise"
    }
    return nil
}
