// SPDX-License-Identifier: Apache-2.0

// The checks that many fields share.

extension FaultList {
    /// Notes each of these sentences about a text.
    func invalid(_ text: String, at name: String, _ details: [String]) {
        for detail in details { add(.invalid(value: Fault.quoted(text)), at: .field(name), detail: detail) }
    }

    func notNegative<Number: BinaryInteger>(_ number: Number?, at name: String) {
        guard let number, number < 0 else { return }
        add(.invalid(value: "\(number)"), at: .field(name), detail: "must be greater than or equal to 0")
    }

    func inRange<Number: BinaryInteger>(_ number: Number?, _ range: ClosedRange<Number>, at name: String) {
        guard let number, !range.contains(number) else { return }
        let detail = "must be between \(range.lowerBound) and \(range.upperBound), inclusive"
        add(.invalid(value: "\(number)"), at: .field(name), detail: detail)
    }

    /// A list that is not longer than this.
    func hasAtMost(_ maximum: Int, _ count: Int, at name: String) {
        if count > maximum { add(.tooMany(count: count, maximum: maximum), at: .field(name)) }
    }

    /// An enumeration that must be there.
    func requires<Choice: RawRepresentable<String> & CaseIterable>(_ choice: Choice?, at name: String) {
        guard choice == nil else { return }
        let valid = Choice.allCases.map { Fault.quoted($0.rawValue) }.joined(separator: " ")
        add(.required, at: .field(name), detail: "valid values: [\(valid)]")
    }

    /// Goes through a list, with the path of each element.
    func forEach<Element>(_ name: String, _ elements: [Element], _ body: (Element) -> Void) {
        at(name) {
            for (index, element) in elements.enumerated() { at(.index(index)) { body(element) } }
        }
    }

    /// A user or group ID: what fits in 31 bits, see CVE-2024-40635.
    func isID(_ number: Int64?, at name: String) { inRange(number, 0...Int64(Int32.max), at: name) }

    func isOneOf(_ supported: [String], _ text: String?, at name: String) {
        guard let text, !supported.contains(text) else { return }
        add(.unsupported(value: Fault.quoted(text), supported: supported), at: .field(name))
    }

    /// A path that can't lead out of where it starts.
    func descends(_ path: String, at name: String) {
        if path.isAbsolutePath { invalid(path, at: name, ["must be a relative path"]) }
        hasNoBackStep(path, at: name)
        hasNoNull(path, at: name)
    }

    /// To the kernel a path ends there.
    func hasNoNull(_ path: String, at name: String) {
        if path.utf8.contains(0) { invalid(path, at: name, ["must not contain a null byte"]) }
    }

    func hasNoBackStep(_ path: String, at name: String) {
        if path.pathParts.contains("..") { invalid(path, at: name, ["must not contain '..'"]) }
    }
}
