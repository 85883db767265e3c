// SPDX-License-Identifier: Apache-2.0

/// Numbers of calls that are newer than a profile.
struct NewerCalls {
    /// From here on, but for `legacy`. nil: none.
    var first: UInt32?
    var legacy: ClosedRange<UInt32>

    func contains(_ number: UInt32) -> Bool {
        guard let first else { return false }
        return number >= first && !legacy.contains(number)
    }

    /// Where `contains` may change.
    var boundaries: [UInt32] {
        guard let first else { return [] }
        return [first, legacy.lowerBound] + (legacy.upperBound < .max ? [legacy.upperBound + 1] : [])
    }
}

extension SeccompProfile {
    /// `ENOSYS` is the answer to calls numbered above all that the profile names, so that the C library falls back.
    ///
    /// The numbers of new calls are the same on all architectures and only grow.
    ///
    /// - Parameter numbers: of all calls that any of the rules names, whether or not it counts for this container.
    func newerCalls(_ architecture: Architecture, named numbers: some Sequence<UInt32>) -> NewerCalls {
        let legacy = architecture.legacyNumbers
        guard newerCallsAreMissing, let last = numbers.lazy.filter({ !legacy.contains($0) }).max() else {
            return NewerCalls(first: nil, legacy: legacy)
        }
        return NewerCalls(first: last + 1, legacy: legacy)
    }

    func newerCalls(_ architecture: Architecture) -> NewerCalls {
        newerCalls(architecture, named: rules.flatMap { $0.names }.compactMap { architecture.number(of: $0) })
    }
}

extension SeccompProfile.Architecture {
    /// Marks a call of x32 in a number that is else one of x86_64.
    static let x32Bit: UInt32 = 0x4000_0000

    /// Numbers above the common ones that aren't new: x32's own, arm's private calls.
    fileprivate var legacyNumbers: ClosedRange<UInt32> {
        switch self {
        case .x86_64: 512...547
        case .x32: Self.x32Bit + 512...Self.x32Bit + 547
        case .arm: 0xf0000...0xf07ff
        default: .max ... .max
        }
    }
}
