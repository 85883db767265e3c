// SPDX-License-Identifier: Apache-2.0

import Linux

/// What conditions are held against.
struct Facts {
    let capabilities: UInt64
    let kernel: KernelVersion
}

extension SeccompProfile.Condition {
    /// Whether everything that is named here is so.
    func holds(_ facts: Facts) -> Bool {
        capabilities & ~facts.capabilities == 0
            && (machines.isEmpty || machines.contains(SeccompProfile.Architecture.machine))
            && minimumKernel.map { facts.kernel >= $0 } ?? true
    }

    /// Whether anything that is named here is so.
    func holdsInPart(_ facts: Facts) -> Bool {
        capabilities & facts.capabilities != 0
            || machines.contains(SeccompProfile.Architecture.machine)
            || minimumKernel.map { facts.kernel >= $0 } ?? false
    }
}

extension SeccompProfile.Action {
    func validate() throws(SeccompError) {
        if case .errno(let number) = self, number > 4095 { throw .errorNumber(number) }
    }
}

extension SeccompProfile.Rule {
    func validateNames() throws(SeccompError) {
        for name in names { try validate(name) }
    }

    /// Once for all names; the first is told.
    func validateArguments() throws(SeccompError) {
        let name = names.first ?? ""
        var seen: UInt32 = 0
        for argument in arguments {
            guard argument.index < 6 else { throw .argumentIndex(call: name, argument.index) }
            guard seen >> argument.index & 1 == 0 else { throw .repeatedArgument(call: name, argument.index) }
            seen |= 1 << argument.index
        }
    }

    private func validate(_ name: String) throws(SeccompError) {
        let isName = name.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
        }
        guard isName, !name.isEmpty else { throw .malformedName(name) }
    }
}
