// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Synchronization
import Testing

@testable import ImageStore

/// What a registry wants to be shown, and who gets to see it.
@Suite(.enabled(if: isRoot, "needs root: curl is started as nobody"))
struct RegistryLoginTests {
    typealias Reply = ScriptedServer.Reply

    private static let secret = RegistryCredential.basic(user: "me", password: "pa:ss w\"ord\\")

    private static func credentials(_ entries: String...) throws -> RegistryCredentials {
        let text = "{\"auths\":{\(entries.joined(separator: ","))}}"
        return RegistryCredentials([try CredentialFile(Array(text.utf8), name: "auth.json")])
    }

    private static func entry(_ registry: String, _ password: String = "pa:ss w\"ord\\") -> String {
        "\"\(registry)\":{\"auth\":\"\(Base64.encode(Array("me:\(password)".utf8)))\"}"
    }

    @Test("Basic: user and password are shown when they are asked for")
    func basic() throws {
        let image = TestImage()
        let server = try ScriptedServer { request in
            guard request.headers["authorization"] == Self.secret else {
                return Reply(401, ["WWW-Authenticate": "Basic realm=\"here\""])
            }
            return image.reply(to: request)
        }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1", credentials: Self.credentials(Self.entry(server.authority)))
        try scratch.expectHas(image)
        #expect(server.requests.filter { $0.headers["authorization"] == nil }.count == 1)
        let none = try Scratch().refusal("\(server.authority)/x:v1")
        #expect(none.reason == .denied)
        #expect(none.description.contains("none are known"))
        let wrong = try Scratch().refusal(
            "\(server.authority)/x:v1", credentials: Self.credentials(Self.entry(server.authority, "other")))
        #expect(wrong.reason == .denied)
        #expect(wrong.description.contains("the credentials given"))
        #expect(!wrong.description.contains("other"))
    }

    @Test("Of several credentials each is tried, the longest match first")
    func several() throws {
        let image = TestImage()
        let server = try ScriptedServer { request in
            guard request.headers["authorization"] == Self.secret else {
                return Reply(401, ["WWW-Authenticate": "Basic realm=\"here\""])
            }
            return image.reply(to: request)
        }
        let credentials = try Self.credentials(
            Self.entry(server.authority), Self.entry("\(server.authority)/team", "wrong"))
        try Scratch().pull("\(server.authority)/team/x:v1", credentials: credentials)
        let shown = server.requests.compactMap { $0.headers["authorization"] }
        #expect(shown.first == RegistryCredential.basic(user: "me", password: "wrong"))
        #expect(shown.last == Self.secret)
    }

    /// A registry that takes tokens of `tokens`, which are good for `uses` requests each.
    private static func registry(_ image: TestImage, realm: String, uses: Int = .max) throws -> ScriptedServer {
        let used = Mutex<[String: Int]>([:])
        return try ScriptedServer { request in
            let challenge = "Bearer realm=\"\(realm)\",service=\"the registry\",scope=\"repository:x:pull\""
            let refusal = Reply(
                401, ["WWW-Authenticate": challenge], #"{"errors":[{"message":"authentication required"}]}"#)
            guard let shown = request.headers["authorization"], shown.hasPrefix("Bearer good-") else { return refusal }
            let count = used.withLock { used in
                used[shown, default: 0] += 1
                return used[shown]!
            }
            return count <= uses ? image.reply(to: request) : refusal
        }
    }

    @Test("Bearer: a token is fetched once, and again when it is no longer good", arguments: ["token", "access_token"])
    func bearer(member: String) throws {
        let image = TestImage(layers: 3)
        let given = Atomic(0)
        let tokens = try ScriptedServer { _ in
            let number = given.add(1, ordering: .relaxed).newValue
            return Reply(200, [:], #"{"\#(member)":"good-\#(number)","expires_in":300}"#)
        }
        let registry = try Self.registry(image, realm: "http://\(tokens.authority)/auth?a=b")
        let scratch = try Scratch()
        try scratch.pull("\(registry.authority)/x:v1")
        try scratch.expectHas(image)
        #expect(tokens.requests.map(\.target) == ["/auth?a=b&service=the%20registry&scope=repository%3Ax%3Apull"])
        #expect(tokens.requests.allSatisfy { $0.headers["authorization"] == nil })
        let short = try Self.registry(image, realm: "http://\(tokens.authority)/auth", uses: 3)
        let other = try Scratch()
        try other.pull("\(short.authority)/x:v1")
        try other.expectHas(image)
        #expect(tokens.requests.count > 2)
    }

    @Test("The token server gets user and password, the registry only the token")
    func passwordForToken() throws {
        let image = TestImage()
        let tokens = try ScriptedServer { request in
            request.headers["authorization"] == Self.secret
                ? Reply(200, [:], #"{"token":"good-1"}"#)
                : Reply(401, [:], #"{"details":"incorrect username or password"}"#)
        }
        let registry = try Self.registry(image, realm: "http://\(tokens.authority)/auth")
        try Scratch().pull("\(registry.authority)/x:v1", credentials: Self.credentials(Self.entry(registry.authority)))
        #expect(registry.requests.compactMap { $0.headers["authorization"] }.allSatisfy { $0 == "Bearer good-1" })
        let error = try Scratch().refusal("\(registry.authority)/x:v1")
        #expect(error.reason == .denied)
    }

    @Test("An identity token is changed for a token by POST, and stands in no address")
    func identityToken() throws {
        let image = TestImage()
        let tokens = try ScriptedServer { request in
            let isRight =
                request.method == "POST"
                && request.body
                    == "service=the%20registry&scope=repository%3Ax%3Apull&grant_type=refresh_token&client_id=berth"
                    + "&refresh_token=i%26d%3D"
            return isRight ? Reply(200, [:], #"{"access_token":"good-1"}"#) : Reply(400)
        }
        let registry = try Self.registry(image, realm: "http://\(tokens.authority)/auth")
        let credentials = try Self.credentials("\"\(registry.authority)\":{\"identitytoken\":\"i&d=\"}")
        try Scratch().pull("\(registry.authority)/x:v1", credentials: credentials)
        #expect(tokens.requests.map(\.target) == ["/auth"])
    }

    @Test("A registry that refuses every token it lets us fetch is not asked for ever")
    func tokenLoop() throws {
        let tokens = try ScriptedServer { _ in Reply(200, [:], #"{"token":"bad"}"#) }
        let registry = try Self.registry(TestImage(), realm: "http://\(tokens.authority)/auth")
        let error = try Scratch().refusal("\(registry.authority)/x:v1")
        #expect(error.reason == .denied)
        #expect(error.description.contains("authentication required"))
        #expect(registry.requests.count == 2)
        #expect(tokens.requests.count == 1)
    }

    @Test(
        "A challenge or a token that can't be right is refused",
        arguments: [
            ("Bearer realm=\"http://1.2.3.4/auth\"", "", "plain http"),
            ("Bearer service=\"x\"", "", "names no server"),
            ("Bearer realm=\"ftp://127.0.0.1/\"", "", "names no server"),
            ("Bearer realm=\"unfinished", "", "no challenge"),
            ("", "", "without saying which"),
            ("Negotiate", "", "by negotiate; there are Basic and Bearer"),
            ("TOKENS", "{\"token\":\"a b\"}", "no token"),
            ("TOKENS", "{\"token\":7}", "token: must be a string"),
            ("TOKENS", "nothing", "no token"),
            ("TOKENS", "{}", "no token"),
        ])
    func badChallenges(challenge: String, answer: String, words: String) throws {
        let tokens = try ScriptedServer { _ in Reply(200, [:], answer) }
        let text = challenge == "TOKENS" ? "Bearer realm=\"http://\(tokens.authority)/\"" : challenge
        let registry = try ScriptedServer { _ in Reply(401, text.isEmpty ? [:] : ["WWW-Authenticate": text]) }
        let error = try Scratch().refusal("\(registry.authority)/x:v1")
        #expect(error.description.contains(words), "\(error)")
        #expect(!error.isTransient)
    }

    @Test("A redirection to another host is followed without what is secret, and one within the host with it")
    func redirects() throws {
        let image = TestImage()
        let elsewhere = try ScriptedServer { image.reply(to: $0) }
        let server = try ScriptedServer { request in
            guard request.headers["authorization"] == Self.secret else {
                return Reply(401, ["WWW-Authenticate": "Basic realm=\"here\""])
            }
            if request.path.hasPrefix("/moved") { return image.reply(to: request) }
            let isBlob = request.path.contains("/blobs/")
            return Reply(
                307,
                [
                    "Location": isBlob
                        ? "http://\(elsewhere.authority)/cdn\(request.path)?sig=1" : "/moved\(request.path)"
                ])
        }
        let scratch = try Scratch()
        try scratch.pull("\(server.authority)/x:v1", credentials: Self.credentials(Self.entry(server.authority)))
        try scratch.expectHas(image)
        #expect(elsewhere.requests.count == 3)
        #expect(elsewhere.requests.allSatisfy { $0.headers["authorization"] == nil })
        #expect(elsewhere.requests.allSatisfy { $0.target.hasSuffix("?sig=1") })
    }

    @Test("Neither addresses nor secrets are to be seen in what curl is started with")
    func arguments() throws {
        let image = TestImage()
        let commands = Mutex<[String]>([])
        let server = try ScriptedServer { request in
            guard request.headers["authorization"] != nil else {
                return Reply(401, ["WWW-Authenticate": "Basic realm=\"here\""])
            }
            for name in (try? OwnedDescriptor.open("/proc", O_RDONLY | O_DIRECTORY).names()) ?? []
            where Int(name) != nil {
                guard let line = try? text("/proc/\(name)/cmdline"), line.contains("curl"),
                    let status = try? text("/proc/\(name)/status"), status.contains("PPid:\t\(getpid())\n")
                else { continue }
                let environment = (try? text("/proc/\(name)/environ")) ?? ""
                commands.withLock { $0.append("\(line)|\(environment)|\(status)") }
            }
            return image.reply(to: request)
        }
        try Scratch().pull("\(server.authority)/x:v1", credentials: Self.credentials(Self.entry(server.authority)))
        let seen = commands.withLock { $0 }
        #expect(!seen.isEmpty)
        for line in seen {
            #expect(line.hasPrefix("/usr/bin/curl\0--disable\0--config\0-\0||"), "\(line)")
            #expect(line.contains("Uid:\t65534\t65534\t65534\t65534\n"))
            #expect(line.contains("CapEff:\t0000000000000000\n") && line.contains("CapBnd:\t0000000000000000\n"))
            #expect(line.contains("NoNewPrivs:\t1\n") && line.contains("Seccomp:\t2\n"))
        }
    }

    @Test("A credential helper is asked for what only it knows")
    func helper() throws {
        let image = TestImage()
        let server = try ScriptedServer { request in
            guard request.headers["authorization"] == RegistryCredential.basic(user: "helped", password: "pw") else {
                return Reply(401, ["WWW-Authenticate": "Basic realm=\"here\""])
            }
            return image.reply(to: request)
        }
        let scratch = try Scratch()
        let script = """
            #!/bin/sh
            read registry
            [ "$1" = get ] && [ "$registry" = "$EXPECTED" ] || { echo "credentials not found in native keychain"; exit 1; }
            echo '{"ServerURL":"x","Username":"helped","Secret":"pw"}'
            """
        try scratch.file("bin/docker-credential-test", Array(script.utf8), mode: 0o755)
        let environment = ["PATH": "\(scratch.path)/bin:/usr/bin:/bin", "EXPECTED": server.authority]
        for text in [#"{"credsStore":"test"}"#, #"{"credHelpers":{"\#(server.authority)":"test"}}"#] {
            let file = try CredentialFile(Array(text.utf8), name: "config.json")
            try Scratch().pull(
                "\(server.authority)/x:v1", credentials: RegistryCredentials([file], environment: environment))
        }
        let file = try CredentialFile(Array(#"{"credsStore":"test"}"#.utf8), name: "config.json")
        var other = environment
        other["EXPECTED"] = "nobody"
        let unknown = try Scratch().refusal(
            "\(server.authority)/x:v1", credentials: RegistryCredentials([file], environment: other))
        #expect(unknown.reason == .denied)
        let missing = try Scratch().refusal(
            "\(server.authority)/x:v1", credentials: RegistryCredentials([file], environment: ["PATH": "/nowhere"]))
        #expect(missing.reason == .configuration)
        #expect(missing.description.contains("config.json: the credential helper docker-credential-test is in no"))
    }
}
