// SPDX-License-Identifier: Apache-2.0

extension SeccompProfile {
    /// One program out of those for each architecture. A call of any other kills the process.
    func dispatch(_ blocks: [Architecture: [Instruction]]) -> [Instruction] {
        var head: [Instruction] = [.loadArchitecture]
        var body: [Instruction] = []
        let targets = Architecture.familyInOrder.filter { blocks[$0] != nil && $0 != .x32 }
        for (index, architecture) in targets.enumerated() {
            // Jumped over: the two instructions for each of the targets left, the end of this table, the body so far.
            let distance = 2 * (targets.count - index - 1) + 1 + body.count
            head += [.ifEqual(architecture.token, 0, else: 1), .jump(distance)]
            if architecture == .x86_64, let x32 = blocks[.x32] {
                // To the kernel, x32 is x86_64 with a bit in the call's number.
                body += [.loadNumber, .ifAtLeast(Architecture.x32Bit, 0, else: 1), .jump(blocks[.x86_64]!.count)]
                body += blocks[.x86_64]! + x32
            } else {
                body += [.loadNumber] + blocks[architecture]!
            }
        }
        return head + [.return(.killProcess)] + body
    }
}
