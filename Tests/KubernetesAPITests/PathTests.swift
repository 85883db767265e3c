// SPDX-License-Identifier: Apache-2.0

import Testing

struct PathTests {
    // A combining mark behind the slash: one `Character` to Swift, two names to the kernel.
    @Test(
        "A path is looked at as the kernel does: a slash is a slash whatever follows",
        arguments: [
            ("subPath: \"../\u{301}x\"", "subPath", "must not contain '..'"),
            ("subPath: \"/\u{301}x\"", "subPath", "must be a relative path"),
        ])
    func seesEverySlash(field: String, name: String, detail: String) {
        let found = faults(
            in: jobText(
                pod: "volumes: [{name: v, emptyDir: {}}]",
                container: "volumeMounts: [{name: v, mountPath: /v, \(field)}]"))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.contains(".\(name): Invalid value") && $0.hasSuffix(detail) })
    }
}
