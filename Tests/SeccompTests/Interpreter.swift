// SPDX-License-Identifier: Apache-2.0

@testable import Seccomp

/// What a filter sees of a call: `struct seccomp_data`.
struct CallData {
    var number: UInt32
    var architecture: UInt32
    var arguments: [UInt64] = []

    /// Numbers are those of the convention itself; x32's come with their bit.
    init(_ architecture: SeccompProfile.Architecture, _ number: UInt32, _ arguments: [UInt64] = []) {
        self.number = number
        // The kernel tells x32 by the number alone.
        self.architecture = architecture == .x32 ? SeccompProfile.Architecture.x86_64.token : architecture.token
        self.arguments = arguments
    }

    init(_ architecture: SeccompProfile.Architecture, _ name: String, _ arguments: [UInt64] = []) throws {
        guard let number = architecture.number(of: name) else { throw NoSuchCall(name: name) }
        self.init(architecture, number, arguments)
    }

    struct NoSuchCall: Error { let name: String }

    func word(at offset: UInt32) -> UInt32 {
        switch offset {
        case 0: return number
        case 4: return architecture
        case 16..<64:
            let index = Int(offset - 16) / 8
            let value = index < arguments.count ? arguments[index] : 0
            return UInt32(truncatingIfNeeded: offset % 8 == 0 ? value : value >> 32)
        default: preconditionFailure("filter loads from offset \(offset)")
        }
    }
}

extension SeccompProgram {
    /// Runs the filter as the kernel would: the value it returns, `SECCOMP_RET_…`.
    func run(_ data: CallData) -> UInt32 { decoded.run(data) }

    /// For many runs.
    var decoded: DecodedProgram { DecodedProgram(instructions: Instruction.decode(bytes)) }

    func answer(
        _ architecture: SeccompProfile.Architecture, _ name: String, _ arguments: UInt64...
    ) throws -> UInt32 {
        run(try CallData(architecture, name, arguments))
    }
}

struct DecodedProgram {
    let instructions: [Instruction]

    func run(_ data: CallData) -> UInt32 {
        var accumulator: UInt32 = 0
        var position = 0
        while true {
            let instruction = instructions[position]
            let k = instruction.k
            position += 1
            func branch(_ condition: Bool) { position += Int(condition ? instruction.jumpTrue : instruction.jumpFalse) }
            switch instruction.code {
            case 0x20: accumulator = data.word(at: k)
            case 0x54: accumulator &= k
            case 0x05: position += Int(k)
            case 0x15: branch(accumulator == k)
            case 0x25: branch(accumulator > k)
            case 0x35: branch(accumulator >= k)
            case 0x06: return k
            default: preconditionFailure("filter has instruction \(instruction)")
            }
        }
    }
}
