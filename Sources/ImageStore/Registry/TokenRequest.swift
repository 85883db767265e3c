// SPDX-License-Identifier: Apache-2.0

import OCI

/// The value of an `Authorization` header, and how long it is good.
struct Authorization: Hashable, Sendable {
    let header: String
    /// Nanoseconds since 1970.
    let expires: Int64
}

/// Asks a token server for a token: GET, with user and password if we have them; POST as OAuth 2 has it for an identity
/// token. See "Token Authentication Specification" and "OAuth2 Token Authentication" of the distribution project.
struct TokenRequest {
    static let answerLimit = 256 << 10

    private(set) var request: HTTPRequest
    /// `Authorization` for the token server.
    let secret: String?

    /// - Throws: `wrongAnswer` when the challenge has no realm that could be asked.
    init(
        _ challenge: AuthChallenge, repository: String, credential: RegistryCredential?, endpoint: RegistryEndpoint
    ) throws(RegistryError) {
        guard let realm = challenge.parameters["realm"], let address = HTTPAddress(realm) else {
            throw RegistryError(.wrongAnswer, endpoint.authority, "names no server that gives tokens")
        }
        // Others could read the password, and the token.
        guard address.scheme == .https || address.isLoopback || endpoint.isInsecure || endpoint.scheme == .http else {
            throw RegistryError(.wrongAnswer, address.shown, "gives tokens over plain http, which anybody can read")
        }
        var parameters = ["service", "scope"].compactMap { name in
            challenge.parameters[name].map { (name, $0) }
        }
        if challenge.parameters["scope"] == nil { parameters.append(("scope", "repository:\(repository):pull")) }
        request = HTTPRequest(address)
        if case .identityToken(let token)? = credential {
            parameters += [("grant_type", "refresh_token"), ("client_id", "berth"), ("refresh_token", token)]
            request.form = Self.encoded(parameters)
            secret = nil
            return
        }
        let separator = address.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        request.address.target += separator + Self.encoded(parameters)
        if case .password(let user, let password)? = credential {
            secret = RegistryCredential.basic(user: user, password: password)
        } else {
            secret = nil
        }
    }

    private static func encoded(_ parameters: [(String, String)]) -> String {
        parameters.map { "\($0)=\($1.queryEncoded)" }.joined(separator: "&")
    }

    /// - Parameter now: nanoseconds since 1970.
    func authorization(_ answer: [UInt8], now: Int64) throws(RegistryError) -> Authorization {
        let token: String
        let seconds: Int64
        do throws(JSONError) {
            let node = JSONNode(try JSONValue(parsing: answer))
            let first: String = try node.value("token", or: "")
            token = first.isEmpty ? try node.value("access_token", or: "") : first
            seconds = try node.value("expires_in", or: 60)
        } catch {
            throw RegistryError(.wrongAnswer, request.address.shown, "gave what is no token: \(error)")
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw RegistryError(.wrongAnswer, request.address.shown, "gave no token, or one that no header can hold")
        }
        // It must last for the request to come; less than a minute is not meant: see the specification.
        let lasting = min(max(seconds, 60), 1 << 30) - 10
        return Authorization(header: "Bearer \(token)", expires: now + lasting * 1_000_000_000)
    }
}
