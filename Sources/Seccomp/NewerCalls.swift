// SPDX-License-Identifier: Apache-2.0

import CLinux

extension SeccompProfile {
    /// Instructions before an architecture's filter: `ENOSYS` for calls numbered above all that the profile names.
    ///
    /// libseccomp compares a call's number with single numbers only, and has one default action. The numbers of new
    /// calls are the same on all architectures and only grow.
    func newerCallsStub(_ architecture: Architecture) -> [Instruction] {
        guard let last = lastNumber(architecture) else { return [] }
        let legacy = architecture.legacyNumbers
        let tail: [Instruction] = [
            .ifGreater(last, 0, else: 3),
            .ifAtLeast(legacy.lowerBound, 0, else: 1),
            .ifGreater(legacy.upperBound, 0, else: 1),
            .return(.errno(UInt16(ENOSYS))),
        ]
        switch architecture {
        case .x32: return [.loadNumber, .and(~Architecture.x32Bit)] + tail
        // x32's numbers come here only if the profile leaves x32 out. They are left to the filter, which kills.
        case .x86_64: return [.loadNumber, .ifAtLeast(Architecture.x32Bit, UInt8(tail.count), else: 0)] + tail
        default: return [.loadNumber] + tail
        }
    }

    /// The highest number of a call that any of the rules names, whether or not it counts for this container.
    private func lastNumber(_ architecture: Architecture) -> UInt32? {
        var last: UInt32?
        for name in rules.lazy.flatMap(\.names) {
            guard let number = architecture.number(of: name).map({ $0 & ~Architecture.x32Bit }) else { continue }
            if !architecture.legacyNumbers.contains(number) { last = max(last ?? 0, number) }
        }
        return last
    }
}

extension SeccompProfile.Architecture {
    /// Marks a call of x32 in a number that is else one of x86_64.
    static let x32Bit: UInt32 = 0x4000_0000

    /// Numbers above the common ones that aren't new: x32's own, arm's private calls.
    fileprivate var legacyNumbers: ClosedRange<UInt32> {
        switch self {
        case .x86_64, .x32: 512...547
        case .arm: 0xf0000...0xf07ff
        default: .max ... .max
        }
    }
}
