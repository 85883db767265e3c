// SPDX-License-Identifier: Apache-2.0

// Embedded Swift has no Mutex; the program that is built so makes one container, and has nothing to keep.
#if !hasFeature(Embedded)
    import Linux
    import Synchronization

    /// Compiled filters, each compiled once for a profile and the capabilities that matter to it. Safe between threads.
    ///
    /// In memory only: a file of compiled filters would be trusted code to guard.
    public final class SeccompCache: Sendable {
        private struct Key: Hashable {
            let policy: SeccompPolicy
            let capabilities: UInt64
        }

        private static let decidingByDefault = SeccompProfile.runtimeDefault.decidingCapabilities

        private let programs = Mutex<[Key: SeccompProgram]>([:])
        /// Manifests choose capabilities: their combinations must not fill the memory.
        private let limit: Int

        /// - Parameter limit: How many filters are kept, of about 10 KB each. One more, and all are made anew.
        public init(limit: Int = 64) { self.limit = limit }

        /// The filter for a container, or nil when the policy is to have none.
        ///
        /// - Parameter capabilities: The container's bounding set; bit n is capability n.
        public func program(for policy: SeccompPolicy, capabilities: UInt64) throws(SeccompError) -> SeccompProgram? {
            let profile: SeccompProfile
            let deciding: UInt64
            switch policy {
            case .unconfined: return nil
            case .runtimeDefault: (profile, deciding) = (.runtimeDefault, Self.decidingByDefault)
            case .profile(let local): (profile, deciding) = (local, local.decidingCapabilities)
            }
            let key = Key(policy: policy, capabilities: capabilities & deciding)
            // Others wait here rather than compile the same.
            return try programs.withLock { (programs) throws(SeccompError) -> SeccompProgram in
                if let program = programs[key] { return program }
                let program = try profile.compile(capabilities: key.capabilities)
                if programs.count >= limit { programs.removeAll() }
                programs[key] = program
                return program
            }
        }
    }

    extension SeccompProfile {
        /// The capabilities that any rule asks for.
        var decidingCapabilities: UInt64 {
            rules.reduce(0) { $0 | $1.includes.capabilities | $1.excludes.capabilities }
        }
    }
#endif
