// SPDX-License-Identifier: Apache-2.0

import ImageStore
import Testing

@testable import PodPlanning

struct RegistriesFileTests {
    private func settings(_ text: String) throws -> RegistrySettings {
        try RegistriesFile.settings(of: Array(text.utf8), fileName: "r.yaml")
    }

    @Test("A file is read whole")
    func whole() throws {
        let settings = try settings(
            """
            search: [localhost:5000, docker.io]
            aliases: {perl: docker.io/library/perl}
            registries:
              docker.io:
                mirrors:
                - url: http://127.0.0.1:5000/hub
                - {url: "https://mirror.example.com", ca: /a.pem, insecure: true}
              index.docker.io.example.com: {insecure: true, ca: /b.pem}
            """)
        #expect(settings.search == ["localhost:5000", "docker.io"])
        #expect(settings.aliases == ["perl": "docker.io/library/perl"])
        #expect(
            settings.registries == [
                "docker.io": .init(mirrors: [
                    try #require(RegistryEndpoint(url: "http://127.0.0.1:5000/hub")),
                    try #require(
                        RegistryEndpoint(url: "https://mirror.example.com", isInsecure: true, authorities: "/a.pem")),
                ]),
                "index.docker.io.example.com": .init(isInsecure: true, authorities: "/b.pem"),
            ])
        #expect(settings.endpoints(for: "docker.io").count == 3)
        #expect(settings.endpoints(for: "quay.io").count == 1)
    }

    @Test(
        "Without a file, or with an empty one, names mean what they mean in Kubernetes", arguments: ["", "{}", "# x\n"])
    func empty(text: String) throws {
        #expect(try settings(text) == RegistrySettings())
        #expect(try settings(text).candidates(for: "perl").map(\.description) == ["docker.io/library/perl:latest"])
    }

    @Test("A file that is given must be there")
    func missing() {
        let error = #expect(throws: RegistriesFile.Refusal.self) { try RegistriesFile.settings(at: "/no/such/file") }
        #expect(error?.description == "/no/such/file: cannot be read: No such file or directory")
    }

    @Test(
        "What is wrong is told by line and field",
        arguments: [
            ("serach: [a]", #"r.yaml:1: unknown field "serach" (did you mean "search"?)"#),
            ("registries:\n  a.b:\n    mirror: []", #"r.yaml:3: unknown field "registries[a.b].mirror""#),
            (
                "registries:\n  a.b:\n    mirrors:\n    - url: a.b/c",
                "r.yaml:4: registries[a.b].mirrors[0].url: Invalid value"
            ),
            ("registries:\n  a.b:\n    mirrors:\n    - http://a", "r.yaml:4: registries[a.b].mirrors[0]: Invalid type"),
            ("registries: {library: {}}", "r.yaml:1: registries.library: Invalid value"),
            ("registries: {a.b/c: {}}", "registries[a.b/c]: Invalid value"),
            ("registries: {a.b: {ca: x.pem}}", "registries[a.b].ca: Invalid value"),
            ("registries: {a.b: {insecure: maybe}}", "registries[a.b].insecure: Invalid type"),
            ("search: docker.io", "search: Invalid type"), ("search: ['http://a']", "search[0]: Invalid value"),
            ("aliases: {perl: perl}", "aliases.perl: Invalid value"),
            ("aliases: {a.b/perl: docker.io/library/perl}", "aliases[a.b/perl]: Invalid value"),
            ("aliases: {'perl:5': docker.io/library/perl}", "aliases[perl:5]: Invalid value"),
            ("aliases: {perl: 'docker.io/library/perl:5'}", "aliases.perl: Invalid value"),
            ("[]", "Invalid type"), ("a: [", "r.yaml:"), ("{}\n---\n{}", "more than one document"),
        ])
    func refusals(text: String, words: String) {
        let error = #expect(throws: RegistriesFile.Refusal.self) { try settings(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}
