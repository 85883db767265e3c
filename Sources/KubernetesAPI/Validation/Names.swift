// SPDX-License-Identifier: Apache-2.0

// The syntaxes of names, with the words of `k8s.io/apimachinery/pkg/util/validation`. Each gives what is wrong, or
// nothing.

/// RFC 1123 label: host names, names of containers and volumes.
package func labelNameFaults(_ text: String) -> [String] {
    lengthFaults(text, 63) + (isLabelName(text[...]) ? [] : [Syntax.label])
}

/// RFC 1123 subdomain: labels joined by dots; the names of most objects.
package func subdomainFaults(_ text: String) -> [String] {
    lengthFaults(text, 253) + (isSubdomain(text) ? [] : [Syntax.subdomain])
}

/// `[prefix/]name`: keys of labels and annotations.
package func qualifiedNameFaults(_ text: String) -> [String] {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else {
        return [
            "a qualified name \(Syntax.qualifiedName) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    }
    var faults: [String] = []
    if parts.count == 2 {
        faults +=
            parts[0].isEmpty ? ["prefix part must be non-empty"] : subdomainFaults(parts[0]).map { "prefix part \($0)" }
    }
    let name = parts.last ?? ""
    if name.isEmpty { return faults + ["name part must be non-empty", "name part \(Syntax.qualifiedName)"] }
    faults += lengthFaults(name, 63).map { "name part \($0)" }
    return faults + (isQualifiedPart(name) ? [] : ["name part \(Syntax.qualifiedName)"])
}

/// The value of a label; may be empty.
package func labelValueFaults(_ text: String) -> [String] {
    lengthFaults(text, 63) + (text.isEmpty || isQualifiedPart(text) ? [] : [Syntax.labelValue])
}

/// The name of an environment variable: since 1.34 all that is printable but `=`.
func environmentNameFaults(_ text: String) -> [String] {
    let isPrintable = !text.isEmpty && text.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "=") }
    return isPrintable
        ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/// A key of a ConfigMap or a Secret; it can be the name of a file.
func configKeyFaults(_ text: String) -> [String] {
    var faults = lengthFaults(text, 253)
    let isPlain = text.utf8.allSatisfy {
        $0.isLetterOrDigit || $0 == dash || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
    }
    if text.isEmpty || !isPlain { faults.append(Syntax.configKey) }
    if text == "." || text == ".." {
        faults.append("must not be '\(text)'")
    } else if text.hasPrefix("..") {
        faults.append("must not start with '..'")
    }
    return faults
}

/// The name of a port: an IANA service name.
func portNameFaults(_ text: String) -> [String] {
    var faults: [String] = []
    if text.utf8.count > 15 { faults.append("must be no more than 15 characters") }
    if !text.utf8.allSatisfy({ $0.isLowerCaseLetterOrDigit || $0 == dash }) || text.isEmpty {
        faults.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    }
    if !text.utf8.contains(where: \.isLowerCaseLetter) { faults.append("must contain at least one letter (a-z)") }
    if text.contains("--") { faults.append("must not contain consecutive hyphens") }
    if text.hasPrefix("-") || text.hasSuffix("-") { faults.append("must not begin or end with a hyphen") }
    return faults
}

private let dash = UInt8(ascii: "-")

private func lengthFaults(_ text: String, _ maximum: Int) -> [String] {
    text.utf8.count > maximum ? ["must be no more than \(maximum) bytes"] : []
}

private func isLabelName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return first.isLowerCaseLetterOrDigit && last.isLowerCaseLetterOrDigit
        && text.utf8.allSatisfy { $0.isLowerCaseLetterOrDigit || $0 == dash }
}

private func isSubdomain(_ text: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabelName($0) }
}

private func isQualifiedPart(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return false }
    return first.isLetterOrDigit && last.isLetterOrDigit
        && text.utf8.allSatisfy {
            $0.isLetterOrDigit || $0 == dash || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
        }
}

private enum Syntax {
    static let label =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    static let subdomain =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    static let qualifiedName =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    static let configKey =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
        + "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    static let labelValue =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
}
