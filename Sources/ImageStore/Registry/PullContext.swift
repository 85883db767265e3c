// SPDX-License-Identifier: Apache-2.0

import Linux

/// What all requests of one pull share.
struct PullContext: Sendable {
    let curl: Curl
    let cancellation: PullCancellation
    var connection: HTTPConnection
    var policy: RetryPolicy
    private let clock = BootClock()

    init(
        curl: Curl, cancellation: PullCancellation, connection: HTTPConnection = HTTPConnection(),
        policy: RetryPolicy = RetryPolicy()
    ) {
        self.curl = curl
        self.cancellation = cancellation
        self.connection = connection
        self.policy = policy
    }

    /// Nanoseconds since 1970.
    var now: Int64 { clock.now }

    /// Waits before the next attempt.
    ///
    /// - Parameter failures: how many in a row there were, this one too.
    /// - Throws: `error` when it is not worth another attempt, or `cancelled`.
    func wait(after error: RegistryError, failures: Int) throws(RegistryError) {
        guard error.isTransient,
            let delay = policy.delay(failures: failures, asked: error.retryAfterSeconds, random: .random(in: 0..<1))
        else { throw error }
        let end = now + delay
        while true {
            let left = end - now
            guard left > 0 else { return }
            guard cancellation.waits(for: -1, milliseconds: CInt(min(left / 1_000_000 + 1, 60_000))) else {
                throw RegistryError(.cancelled, error.object, "the pull was ended")
            }
        }
    }
}
