// SPDX-License-Identifier: Apache-2.0

import ImageStore
import Testing

struct ImageReferenceTests {
    static let digest = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

    @Test(
        "A name is completed as Docker completes it, and shortened again for people",
        arguments: [
            ("busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("perl:5.34.0", "docker.io/library/perl:5.34.0", "perl:5.34.0"),
            ("team/tool", "docker.io/team/tool:latest", "team/tool:latest"),
            ("docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("index.docker.io/a/b:1", "docker.io/a/b:1", "a/b:1"),
            ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
            ("localhost/a", "localhost/a:latest", "localhost/a:latest"),
            ("localhost", "docker.io/library/localhost:latest", "localhost:latest"),
            ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"),
            ("localhost:5000/a:2", "localhost:5000/a:2", "localhost:5000/a:2"),
            ("registry.example:443/x/y/z", "registry.example:443/x/y/z:latest", "registry.example:443/x/y/z:latest"),
            ("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest"),
            ("[fe80::1]/a", "[fe80::1]/a:latest", "[fe80::1]/a:latest"),
            ("Registry/a", "Registry/a:latest", "Registry/a:latest"),
            ("a@\(digest)", "docker.io/library/a@\(digest)", "a@\(digest)"),
            ("a:1@\(digest)", "docker.io/library/a:1@\(digest)", "a:1@\(digest)"),
            ("registry.example/x", "registry.example/x:latest", "registry.example/x:latest"),
            ("a__b--c.d", "docker.io/library/a__b--c.d:latest", "a__b--c.d:latest"),
            ("a__b/c-d/e--f.g:_1.x-Y", "docker.io/a__b/c-d/e--f.g:_1.x-Y", "a__b/c-d/e--f.g:_1.x-Y"),
        ])
    func completes(text: String, whole: String, familiar: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.description == whole)
        #expect(reference.familiar == familiar)
        #expect(try ImageReference(reference.familiar) == reference)
        #expect(try ImageReference(whole) == reference)
    }

    @Test(
        "What is no name is refused, and why is said",
        arguments: [
            ("", "it is empty"), ("BusyBox", "repository name must be lowercase"),
            ("registry.example/Team/x", "repository name must be lowercase"),
            ("a:", "a tag has"), ("a:b:c", "a name has"), ("a_-b", "a name has"), ("a:.x", "a tag has"),
            ("a:" + String(repeating: "x", count: 129), "a tag has"),
            ("a@sha256:12", "the digest must be"), ("a@\(digest.dropLast())G", "the digest must be"),
            ("../etc", "is no registry"), ("localhost:99999/a", "is no registry"), ("a/../b", "a name has"),
            ("a//b", "a name has"), ("/a", "a name has"),
            ("a/", "a name has"), ("-a", "a name has"), ("a_", "a name has"), ("a..b", "a name has"),
            ("a___b", "a name has"), ("a b", "a name has"), ("a\nb", "a name has"), ("ä", "a name has"),
            (".x/a", "is no registry"), ("a.b:/c", "is no registry"), ("a.b:99999/c", "is no registry"),
            ("a.b:+8/c", "is no registry"), ("a..b/c", "is no registry"), ("[::1/a", "is no registry"),
            (String(repeating: "0123456789abcdef", count: 4), "that is an ID"),
            (String(repeating: "a", count: 256), "must not be more than 255 characters"),
            (String(repeating: "a", count: 2000), "it is too long"),
        ])
    func refuses(text: String, problem: String) {
        let error = #expect(throws: ImageReference.ParseError.self) { _ = try ImageReference(text) }
        #expect(error?.description.hasPrefix("invalid reference format: ") == true)
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    }
}
