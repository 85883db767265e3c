// SPDX-License-Identifier: Apache-2.0

import ImageStore
import Testing

struct ImageReferenceTests {
    @Test(
        "A name is made whole as Docker makes it",
        arguments: [
            ("busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("perl:5.34.0", "docker.io/library/perl:5.34.0", "perl:5.34.0"),
            ("team/tool", "docker.io/team/tool:latest", "team/tool:latest"),
            ("docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("localhost:5000/a/b:c", "localhost:5000/a/b:c", "localhost:5000/a/b:c"),
            ("registry.example/x", "registry.example/x:latest", "registry.example/x:latest"),
            ("a__b--c.d", "docker.io/library/a__b--c.d:latest", "a__b--c.d:latest"),
        ])
    func normalizes(text: String, whole: String, familiar: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.description == whole)
        #expect(reference.familiar == familiar)
        #expect(try ImageReference(whole) == reference)
        #expect(try ImageReference(familiar) == reference)
    }

    @Test("A digest stands for the tag")
    func digest() throws {
        let digest = "sha256:" + String(repeating: "0f", count: 32)
        let reference = try ImageReference("busybox@\(digest)")
        #expect(reference.tag == nil)
        #expect(reference.description == "docker.io/library/busybox@\(digest)")
    }

    @Test(
        "What is no reference is refused, and says why",
        arguments: [
            ("", "it is empty"), ("Busybox", "repository name must be lowercase"), ("a//b", "a name has"),
            ("a:", "a tag has"),
            ("a:b:c", "a name has"), ("a_-b", "a name has"), ("../a", "is no registry"),
            ("a@sha256:12", "the digest must be"),
            ("localhost:99999/a", "is no registry"), ("-a", "a name has"), ("a b", "a name has"),
        ])
    func refuses(text: String, problem: String) {
        let error = #expect(throws: ImageReference.ParseError.self) { _ = try ImageReference(text) }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }
}
