// SPDX-License-Identifier: Apache-2.0

import Linux
import Testing

@testable import ImageStore

struct AuthTests {
    @Test(
        "Challenges are read as the RFC has them",
        arguments: [
            (#"Basic realm="x""#, [("basic", ["realm": "x"])]),
            (
                #"Bearer realm="https://a/t",service=s,scope="r:p:pull,push""#,
                [("bearer", ["realm": "https://a/t", "service": "s", "scope": "r:p:pull,push"])]
            ),
            (
                #"Negotiate, Basic realm = "a \"b\"" , charset="UTF-8""#,
                [("negotiate", [:]), ("basic", ["realm": #"a "b""#, "charset": "UTF-8"])]
            ),
            (#"Negotiate YWJj==, bearer REALM=x"#, [("negotiate", [:]), ("bearer", ["realm": "x"])]),
            (" , Basic realm=x,, Digest a=b,c=d ,", [("basic", ["realm": "x"]), ("digest", ["a": "b", "c": "d"])]),
            ("", []),
        ] as [(String, [(String, [String: String])])])
    func challenges(text: String, expected: [(String, [String: String])]) throws {
        let parsed = try #require(AuthChallenge.parse(text))
        #expect(parsed == expected.map { AuthChallenge(scheme: $0.0, parameters: $0.1) })
    }

    @Test(
        "What is no challenge is refused",
        arguments: [
            #"Basic realm="x"#, "Basic realm=\"x\\", "Basic realm=a b=c", "Bearer realm=a,realm=b", "=x", "Basic \"x\"",
            "Basic realm==x", "Bearer a=(b)", "Basic@x",
        ])
    func noChallenges(text: String) { #expect(AuthChallenge.parse(text) == nil) }

    @Test(
        "Base64 is read strictly",
        arguments: [("", ""), ("YQ==", "a"), ("YWI=", "ab"), ("YWJj", "abc"), ("YW\nJj", "abc")])
    func base64(text: String, bytes: String) {
        #expect(Base64.decode(text) == Array(bytes.utf8))
        #expect(Base64.encode(Array(bytes.utf8)) == text.filter { $0 != "\n" })
    }

    @Test(
        "What is no base64",
        arguments: ["Y", "YQ", "YQ=", "YQ===", "Y===", "YR==", "YW=J", "Y\u{e9}==", "YQ==YQ==", "YW J"])
    func noBase64(text: String) { #expect(Base64.decode(text) == nil) }

    private func candidates(_ text: String, _ registry: String, _ path: String) throws -> [RegistryCredential] {
        try RegistryCredentials([try CredentialFile(Array(text.utf8), name: "f")])
            .candidates(registry: registry, path: path, cancellation: PullCancellation())
    }

    private static let file = """
        {"auths":{"https://index.docker.io/v1/":{"auth":"\(Base64.encode(Array("hub:p".utf8)))"},
        "a.example.com":{"auth":"\(Base64.encode(Array("host:p:q".utf8)))"},
        "a.example.com/team":{"username":"team","password":"p"},
        "a.example.com/team/x":{"identitytoken":"token"},
        "*.example.com":{"username":"glob","password":"p"},
        "a.example.com:5000":{"username":"port","password":"p"},
        "empty.example.com":{}, "*.example.com/other":{"username":"deep","password":"p"}}}
        """

    @Test(
        "The longest match is first, an exact host before a pattern",
        arguments: [
            ("docker.io", "library/perl", ["hub"]), ("a.example.com", "team/y", ["team", "host", "glob"]),
            ("a.example.com", "team/x/z", ["token", "team", "host", "glob"]),
            ("a.example.com", "teams", ["host", "glob"]),
            ("b.example.com", "x", ["glob"]), ("c.b.example.com", "x", []), ("a.example.com:5000", "x", ["port"]),
            ("A.Example.com", "other/x", ["deep", "host", "glob"]), ("example.com", "x", []),
        ])
    func matches(registry: String, path: String, users: [String]) throws {
        let found = try candidates(Self.file, registry, path).map { credential in
            switch credential {
            case .password(let user, _): user
            case .identityToken(let token), .registryToken(let token): token
            }
        }
        #expect(found == users)
    }

    @Test("A password may have a colon, and docker's padding is none of it")
    func passwords() throws {
        #expect(try candidates(Self.file, "a.example.com", "x").first == .password(user: "host", password: "p:q"))
        let padded = #"{"auths":{"a":{"auth":"\#(Base64.encode(Array("u:p\0\0".utf8)))"}}}"#
        #expect(try candidates(padded, "a", "x") == [.password(user: "u", password: "p")])
    }

    @Test("A .dockercfg has its entries without auths around")
    func legacy() throws {
        let file = try CredentialFile(Array(#"{"a":{"username":"u","password":"p"}}"#.utf8), name: "f", isLegacy: true)
        #expect(
            try RegistryCredentials([file]).candidates(registry: "a", path: "x", cancellation: PullCancellation())
                == [.password(user: "u", password: "p")])
    }

    @Test(
        "A file that is wrong is told by name and member, and without its secrets",
        arguments: [
            ("{", "ends within"), (#"{"auths":[]}"#, "auths: must be an object"),
            (#"{"auths":{"a":7}}"#, "auths.a: must be"),
            (#"{"auths":{"a":{"auth":"c2VjcmV0"}}}"#, "not the base64 of USER:PASSWORD"),
            (#"{"auths":{"a":{"auth":"!secret!"}}}"#, "not the base64"),
            (#"{"credsStore":"../x"}"#, "no name of a credential helper"),
            (#"{"credHelpers":{"a":7}}"#, "credHelpers.a"),
        ])
    func wrongFiles(text: String, words: String) {
        let error = #expect(throws: RegistryError.self) { try CredentialFile(Array(text.utf8), name: "/the/file") }
        #expect(error?.reason == .configuration)
        #expect(error?.description.hasPrefix("/the/file: ") == true)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
    }

    @Test("The user's files are looked for where podman and docker write them")
    func places() {
        #expect(RegistryCredentials.paths(["REGISTRY_AUTH_FILE": "/x", "HOME": "/h"]) == ["/x"])
        #expect(
            RegistryCredentials.paths(["XDG_RUNTIME_DIR": "/r", "HOME": "/h"]).filter { !$0.hasPrefix("/run/") }
                == ["/r/containers/auth.json", "/h/.config/containers/auth.json", "/h/.docker/config.json"])
        #expect(
            RegistryCredentials.paths(["DOCKER_CONFIG": "/d", "XDG_CONFIG_HOME": "/c"]).suffix(2)
                == ["/c/containers/auth.json", "/d/config.json"])
    }

    @Test("A user's file that is there is read, one that isn't is none")
    func userFiles() throws {
        let scratch = try Scratch()
        let path = try scratch.file("auth.json", #"{"auths":{"a":{"username":"u","password":"p"}}}"#)
        let there = try RegistryCredentials.ofUser(environment: ["REGISTRY_AUTH_FILE": path])
        #expect(try !there.candidates(registry: "a", path: "x", cancellation: PullCancellation()).isEmpty)
        let none = try RegistryCredentials.ofUser(environment: ["REGISTRY_AUTH_FILE": scratch.path + "/none"])
        #expect(try none.candidates(registry: "a", path: "x", cancellation: PullCancellation()).isEmpty)
        #expect(throws: RegistryError.self) {
            try RegistryCredentials.ofUser(environment: ["REGISTRY_AUTH_FILE": scratch.path])
        }
    }

    @Test(
        "Short names are looked for by alias or where the search says",
        arguments: [
            ("perl", ["docker.io/library/perl:latest"]), ("a/b:1", ["docker.io/a/b:1"]),
            ("quay.io/a", ["quay.io/a:latest"]), ("localhost/a", ["localhost/a:latest"]),
        ])
    func shortNames(name: String, references: [String]) throws {
        #expect(try RegistrySettings().candidates(for: name).map(\.description) == references)
    }

    @Test("Aliases and search registries")
    func search() throws {
        var settings = RegistrySettings()
        settings.search = ["localhost:5000", "quay.io"]
        settings.aliases = ["perl": "example.com/lang/perl"]
        #expect(
            try settings.candidates(for: "perl:5@sha256:\(String(repeating: "a", count: 64))").map(\.description)
                == ["example.com/lang/perl:5@sha256:\(String(repeating: "a", count: 64))"])
        #expect(try settings.candidates(for: "a/b:1").map(\.description) == ["localhost:5000/a/b:1", "quay.io/a/b:1"])
        #expect(throws: ImageReference.ParseError.self) { try settings.candidates(for: "A/b c") }
    }
}
