// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong in a manifest: where, of what kind, and in what words. See `field.Error` of Kubernetes.
package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Values are held as they are printed: texts in quotes, numbers bare.
    package enum Kind: Hashable, Sendable {
        /// The text is not YAML or JSON, or is more than is read.
        case syntax
        case required
        /// Without a value, where it would say nothing: "".
        case invalid(value: String)
        case unsupported(value: String, supported: [String])
        case duplicate(value: String)
        case notFound(value: String)
        case forbidden
        case tooLong(maximum: Int)
        case tooMany(count: Int, maximum: Int)
        case wrongType(expected: String, found: String)
        /// No version of Kubernetes has it.
        case unknownField(suggestion: String?)
        /// Kubernetes has it, Berth doesn't.
        case notImplemented
    }

    /// As the caller named it; "" when the object came from no file.
    package var file = ""
    /// Counted from 1; 0 when unknown.
    package var line = 0
    package var path: FieldPath
    package var kind: Kind
    /// What the kind doesn't say already; may be empty.
    package var detail: String

    package init(_ kind: Kind, at path: FieldPath = FieldPath(), _ detail: String = "") {
        self.kind = kind
        self.path = path
        self.detail = detail
    }

    /// One line: `job.yaml:12: spec.parallelism: Invalid value: -1: must be greater than or equal to 0`.
    package var description: String {
        var parts: [String] = []
        if !file.isEmpty {
            parts.append(line > 0 ? "\(file):\(line)" : file)
        } else if line > 0 {
            parts.append("line \(line)")
        }
        if case .unknownField = kind {} else if !path.components.isEmpty { parts.append(path.description) }
        parts.append(contentsOf: message)
        return parts.joined(separator: ": ")
    }

    /// What is wrong, without the place.
    private var message: [String] {
        let tail = detail.isEmpty ? [] : [detail]
        switch kind {
        case .syntax: return tail
        case .required: return ["Required value"] + tail
        case .invalid(let value): return ["Invalid value"] + (value.isEmpty ? [] : [value]) + tail
        case .unsupported(let value, let supported):
            let names = supported.map { Fault.quoted($0) }.joined(separator: ", ")
            return ["Unsupported value", value] + (names.isEmpty ? [] : ["supported values", names]) + tail
        case .duplicate(let value): return ["Duplicate value", value] + tail
        case .notFound(let value): return ["Not found", value] + tail
        case .forbidden: return ["Forbidden"] + tail
        case .tooLong(let maximum): return ["Too long", "may not be more than \(maximum) bytes"] + tail
        case .tooMany(let count, let maximum):
            return ["Too many", "\(count)", "must have at most \(maximum) items"] + tail
        case .wrongType(let expected, let found):
            return ["Invalid type", "expected \(expected), found \(found)"] + tail
        case .unknownField(let suggestion):
            let hint = suggestion.map { " (did you mean \(Fault.quoted($0))?)" } ?? ""
            return ["unknown field \(Fault.quoted(path.description))\(hint)"] + tail
        case .notImplemented: return ["not supported by Berth"] + tail
        }
    }
}

extension Fault {
    /// A text in quotes on one line, control characters escaped, cut when it is long.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        var length = 0
        for scalar in text.unicodeScalars {
            length += 1
            if length > 200 { return result + "…\"" }
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// The faults of one object, gathered while a reader or a validation walks through it.
package final class FaultList {
    /// So many are noted; a text that is wrong throughout must not cost more than one that is right.
    package static let maximum = 100

    package var faults: [Fault] = []
    /// Fields that were accepted and have no effect.
    package private(set) var unapplied: [FieldPath] = []
    /// Where the walk is.
    package private(set) var path: FieldPath

    /// Whether a reader passes over the status of an object, as is right for what a user sends.
    package let dropsStatus: Bool

    package init(at path: FieldPath = FieldPath(), dropsStatus: Bool = true) {
        self.path = path
        self.dropsStatus = dropsStatus
    }

    /// Notes a fault here, or at these fields below.
    package func add(_ kind: Fault.Kind, at components: FieldPath.Component..., detail: String = "") {
        guard !isFull else { return }
        faults.append(Fault(kind, at: FieldPath(path.components + components), detail))
    }

    func noteUnapplied(_ name: String) {
        guard unapplied.count < FaultList.maximum else { return }
        unapplied.append(FieldPath(path.components + [.field(name)]))
    }

    package var isFull: Bool { faults.count >= FaultList.maximum }

    /// Goes one step down for the time of `body`.
    package func at<Result>(_ component: FieldPath.Component, _ body: () -> Result) -> Result {
        path.components.append(component)
        defer { path.components.removeLast() }
        return body()
    }

    /// Goes down to a named field for the time of `body`.
    package func at<Result>(_ name: String, _ body: () -> Result) -> Result { at(.field(name), body) }
}
