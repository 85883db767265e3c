// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What a pod tells its own containers about itself, in variables and in files.
struct DownwardAPI {
    let pod: Pod
    let host: HostFacts
    /// A value that cannot be had, as one sentence.
    struct Failure: Error, Hashable {
        var message: String
    }

    /// The value of a `fieldRef` path; nil for a path that is none. A label or annotation that isn't there is empty.
    func field(_ path: String) -> String? {
        switch path {
        case "metadata.name": return pod.metadata.name
        case "metadata.namespace": return pod.metadata.namespace
        case "metadata.uid": return pod.metadata.uid
        case "metadata.labels": return listing(pod.metadata.labels)
        case "metadata.annotations": return listing(pod.metadata.annotations)
        case "spec.nodeName": return host.nodeName
        case "spec.serviceAccountName": return pod.spec.serviceAccountName
        case "status.hostIP", "status.hostIPs": return host.address
        case "status.podIP": return pod.status.podIP
        case "status.podIPs": return pod.status.podIPs.map(\.ip).joined(separator: ",")
        default:
            var selector = ObjectFieldSelector()
            selector.fieldPath = path
            switch selector.entry {
            case ("metadata.labels", let key)?: return pod.metadata.labels[String(key)] ?? ""
            case ("metadata.annotations", let key)?: return pod.metadata.annotations[String(key)] ?? ""
            default: return nil
            }
        }
    }

    /// The value of a `resourceFieldRef`: the amount in units of the divisor, rounded up. A container without a limit
    /// may use what the pod may, or else the node.
    ///
    /// - Parameter own: whose variable it is; nil in a volume.
    func resource(_ selector: ResourceFieldSelector, own: Container?) throws(Failure) -> String {
        let container = try container(selector.containerName, own)
        let parts = selector.resource.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, let list = Amounts(rawValue: parts[0]) else {
            throw Failure(message: "unsupported container resource : \(selector.resource)")
        }
        let amount = amount(parts[1], list, of: container)
        let isCPU = parts[1] == "cpu"
        let unit = selector.divisor.flatMap { $0.nanos == 0 ? nil : $0 } ?? Quantity(nanos: 1_000_000_000)
        let (count, size) = isCPU ? (amount.milliValue, unit.milliValue) : (amount.value, unit.value)
        let (quotient, rest) = count.quotientAndRemainder(dividingBy: max(1, size))
        return String(rest > 0 ? quotient + 1 : quotient)
    }

    private enum Amounts: String { case limits, requests }

    private func container(_ name: String, _ own: Container?) throws(Failure) -> Container {
        if name.isEmpty, let own { return own }
        guard let found = (pod.spec.containers + pod.spec.initContainers).first(where: { $0.name == name }) else {
            throw Failure(message: "container \(name) not found")
        }
        return found
    }

    private func amount(_ name: String, _ list: Amounts, of container: Container) -> Quantity {
        let none = Quantity(nanos: 0)
        if list == .requests { return container.resources.requests[name] ?? none }
        if let limit = container.resources.limits[name], limit.nanos != 0 { return limit }
        if let limit = pod.spec.resources?.limits[name], limit.nanos != 0 { return limit }
        switch name {
        case "cpu": return Quantity(nanos: Int128(host.cpuMillicores) * 1_000_000)
        case "memory": return Quantity(nanos: Int128(host.memoryBytes) * 1_000_000_000)
        case "ephemeral-storage": return Quantity(nanos: Int128(host.diskBytes) * 1_000_000_000)
        default: return none
        }
    }
}

/// Labels or annotations as a file has them: `key="value"` lines by key, the values quoted as Go quotes them.
private func listing(_ entries: [String: String]) -> String {
    entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\($0.key)=\(goQuoted($0.value))" }.joined(separator: "\n")
}

/// A text as Go's `strconv.Quote` writes it: what is not printable is escaped.
func goQuoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\u{7}": result += "\\a"
        case "\u{8}": result += "\\b"
        case "\u{c}": result += "\\f"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\u{b}": result += "\\v"
        case _ where scalar.isPrintableInGo: result.unicodeScalars.append(scalar)
        case _ where scalar.value < 0x80: result += "\\x" + hexadecimal(scalar.value, digits: 2)
        case _ where scalar.value < 0x10000: result += "\\u" + hexadecimal(scalar.value, digits: 4)
        default: result += "\\U" + hexadecimal(scalar.value, digits: 8)
        }
    }
    return result + "\""
}

private func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension Unicode.Scalar {
    /// Letters, marks, numbers, punctuation, symbols, and the plain space. See `unicode.IsPrint` of Go.
    fileprivate var isPrintableInGo: Bool {
        if isASCII { return (0x20...0x7e).contains(value) }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            return false
        default: return true
        }
    }
}
