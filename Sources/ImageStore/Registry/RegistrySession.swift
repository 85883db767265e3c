// SPDX-License-Identifier: Apache-2.0

import Linux
import Synchronization

/// Requests for one repository at one endpoint, by any threads: who we are is settled once for all of them.
///
/// No request is tried twice here but for what makes it another: a redirection, a token, plain HTTP in place of TLS.
final class RegistrySession: Sendable {
    let endpoint: RegistryEndpoint
    let context: PullContext
    private let repository: String
    private let credential: RegistryCredential?
    private let state: Mutex<State>

    private struct State {
        var scheme: HTTPAddress.Scheme
        /// Something has answered by that scheme.
        var isSettled = false
        var challenge: AuthChallenge?
        var authorization: Authorization?
    }

    /// - Parameter path: of the repository, as references have it.
    init(_ endpoint: RegistryEndpoint, path: String, credential: RegistryCredential?, context: PullContext) {
        self.endpoint = endpoint
        self.context = context
        self.credential = credential
        repository = endpoint.repository(path)
        state = Mutex(State(scheme: endpoint.scheme))
    }

    /// An answer of status 200 or 206, or 416 to a request for a part.
    struct Answer {
        let head: HTTPHead
        let transfer: HTTPTransfer
    }

    /// GET of `/v2/<repository>/<path>`.
    ///
    /// - Parameters:
    ///   - accept: media types.
    ///   - first: where to begin, in bytes.
    func get(_ path: String, accept: [String] = [], first: Int64 = 0) throws(RegistryError) -> Answer {
        var isRenewed = false
        while true {
            let scheme = state.withLock { $0.scheme }
            do throws(RegistryError) {
                var request = HTTPRequest(try address(scheme, path))
                request.first = first
                request.headers = accept.isEmpty ? [] : [.init(name: "Accept", value: accept.joined(separator: ", "))]
                let authorization = try authorization()
                let answer = try follow(request, secret: authorization?.header)
                state.withLock { $0.isSettled = true }
                switch answer.head.status {
                case 200, 206: return answer
                case 416 where first > 0: return answer
                case 401 where !isRenewed && answer.transfer.address == request.address:
                    try authorize(answer, refused: authorization)
                    isRenewed = true
                default: throw failure(answer)
                }
            } catch {
                guard fallsBack(after: error, from: scheme) else { throw error }
            }
        }
    }

    private func address(_ scheme: HTTPAddress.Scheme, _ path: String) throws(RegistryError) -> HTTPAddress {
        let target = "/v2/\(repository)/\(path)"
        guard let address = HTTPAddress(scheme, authority: endpoint.authority, target: target) else {
            throw RegistryError(.configuration, endpoint.authority, "is no host with or without a port")
        }
        return address
    }

    /// Plain HTTP in place of TLS: only before anything has spoken TLS there.
    private func fallsBack(after error: RegistryError, from scheme: HTTPAddress.Scheme) -> Bool {
        guard endpoint.mayFallBack, scheme == .https else { return false }
        let hasNoTLS =
            switch error.reason {
            case .noTLS, .handshake: true
            // Nobody at the port of https; the one of http is another.
            case .unreachable: HTTPAddress(.https, authority: endpoint.authority, target: "/")?.port == 443
            default: false
            }
        return hasNoTLS
            && state.withLock { state in
                // Another thread may have come to it before.
                if state.scheme == .http { return true }
                if !state.isSettled { state.scheme = .http }
                return !state.isSettled
            }
    }

    /// What a status means that is no success.
    private func failure(_ answer: Answer) -> RegistryError {
        let body = (try? answer.transfer.body(limit: RegistryComplaint.limit)) ?? []
        return RegistryComplaint.error(
            answer.head, RegistryComplaint.words(body, mediaType: answer.head.mediaType), at: answer.transfer.address,
            hasCredential: credential != nil, now: context.now)
    }
}

// Redirections.
extension RegistrySession {
    /// Sends a request, and follows where its answers lead; the secret goes nowhere but to the request's own origin.
    private func follow(_ request: HTTPRequest, secret: String?) throws(RegistryError) -> Answer {
        var request = request
        let start = request.address
        var mayTell = true
        for _ in 0..<10 {
            var current = request
            mayTell = mayTell && request.address.hasOrigin(of: start)
            if mayTell, let secret { current.headers.append(.init(name: "Authorization", value: secret)) }
            current.connection = context.connection
            current.connection.authorities = endpoint.authorities
            current.connection.checksCertificate = !endpoint.isInsecure || current.address.host != ownHost
            let transfer = try HTTPTransfer(current, with: context.curl, cancellation: context.cancellation)
            let head = try transfer.head()
            guard [301, 302, 303, 307, 308].contains(head.status), request.form == nil else {
                return Answer(head: head, transfer: transfer)
            }
            request.address = try redirection(head, from: request.address, start)
        }
        throw RegistryError(.wrongAnswer, start.shown, "leads from one address to the next without end")
    }

    private var ownHost: String? { HTTPAddress(.https, authority: endpoint.authority, target: "/")?.host }

    private func redirection(
        _ head: HTTPHead, from address: HTTPAddress, _ start: HTTPAddress
    ) throws(RegistryError) -> HTTPAddress {
        guard let location = head.value("location"), let next = address.following(location) else {
            throw RegistryError(.wrongAnswer, address.shown, "redirects to what is no address")
        }
        guard next.scheme == .https || start.scheme == .http || endpoint.isInsecure else {
            throw RegistryError(
                .wrongAnswer, address.shown, "redirects from https to \(next.shown), which anybody could have changed")
        }
        return next
    }
}

// Who we are.
extension RegistrySession {
    /// What to show now.
    private func authorization() throws(RegistryError) -> Authorization? {
        let now = context.now
        return try state.withLock { state throws(RegistryError) in
            if let challenge = state.challenge, let held = state.authorization, held.expires <= now {
                state.authorization = try make(challenge)
            }
            return state.authorization
        }
    }

    /// Answers the challenges of a 401, unless another thread has just done so.
    private func authorize(_ answer: Answer, refused: Authorization?) throws(RegistryError) {
        let address = answer.transfer.address
        let texts = answer.head.values("www-authenticate")
        var challenges: [AuthChallenge] = []
        for text in texts {
            guard let parsed = AuthChallenge.parse(text) else {
                throw RegistryError(
                    .wrongAnswer, address.shown, "asks for authentication in words that are no challenge")
            }
            challenges += parsed
        }
        guard
            let challenge = challenges.first(where: { $0.scheme == "bearer" })
                ?? challenges.first(where: { $0.scheme == "basic" })
        else {
            let known = challenges.map(\.scheme).joined(separator: ", ")
            throw RegistryError(
                .unsupported, address.shown,
                known.isEmpty
                    ? "asks for authentication without saying which"
                    : "asks for authentication by \(known.withoutControls); there are Basic and Bearer")
        }
        let isSame = try state.withLock { state throws(RegistryError) in
            if let held = state.authorization, held.header != refused?.header { return false }
            let made = try make(challenge)
            state.challenge = challenge
            state.authorization = made
            return made.header == refused?.header
        }
        if isSame { throw failure(answer) }
    }

    private func make(_ challenge: AuthChallenge) throws(RegistryError) -> Authorization {
        if challenge.scheme == "basic" {
            guard case .password(let user, let password)? = credential else {
                throw RegistryError(
                    .denied, "\(endpoint.authority)/\(repository)",
                    "access denied: the registry wants a user and a password, and none are known for it")
            }
            return Authorization(header: RegistryCredential.basic(user: user, password: password), expires: .max)
        }
        if case .registryToken(let token)? = credential {
            return Authorization(header: "Bearer \(token)", expires: .max)
        }
        let request = try TokenRequest(challenge, repository: repository, credential: credential, endpoint: endpoint)
        let answer = try follow(request.request, secret: request.secret)
        guard answer.head.status == 200 else { throw failure(answer) }
        let text = try answer.transfer.body(limit: TokenRequest.answerLimit)
        return try request.authorization(text, now: context.now)
    }
}
