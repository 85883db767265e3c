// SPDX-License-Identifier: Apache-2.0

/// The fields of an object that are kept as they were sent and have no effect here.
package struct UnappliedFields: Hashable, Sendable {
    private var members: [String: Value] = [:]

    package init() {}

    subscript(name: String) -> Value? {
        get { members[name] }
        set { members[name] = newValue }
    }
}

extension PodSpec {
    /// No token comes with it; a container may ask for its name.
    package var serviceAccountName: String {
        let names = ["serviceAccountName", "serviceAccount"].compactMap { unapplied[$0]?.string }
        return names.first { !$0.isEmpty } ?? "default"
    }
}
