// SPDX-License-Identifier: Apache-2.0

/// What one architecture answers, call by call.
struct CallTable {
    /// What is answered to a call: by its arguments, else always.
    struct Answer: Hashable {
        /// In the order of strictness: the first whose comparisons all hold counts.
        var byArguments: [Match] = []
        var otherwise: SeccompProfile.Action

        /// The answer when no argument matters.
        var plain: SeccompProfile.Action? { byArguments.isEmpty ? otherwise : nil }
    }

    struct Match: Hashable {
        var arguments: [SeccompProfile.Argument]
        var action: SeccompProfile.Action
    }

    /// Calls with these numbers, the last one up to the next range, have the same answer.
    private var ranges: [(first: UInt32, answer: Answer)]
    /// Arguments of 32 bits: what stands above them means nothing.
    private let isNarrow: Bool

    /// - Parameters:
    ///   - answers: in the order of their numbers, each of which comes once.
    ///   - gap: the answer to every number that is not among them.
    init(
        _ answers: [(number: UInt32, answer: Answer)], gap: (UInt32) -> Answer, boundaries: [UInt32], isNarrow: Bool
    ) {
        self.isNarrow = isNarrow
        ranges = []
        ranges.reserveCapacity(answers.count)
        var boundaries = boundaries.sorted()[...]
        // The first number that nothing is said of yet.
        var next: UInt32? = 0
        func fill(upTo end: UInt32?) -> [(first: UInt32, answer: Answer)] {
            guard let first = next, first < end ?? .max else { return [] }
            var parts = [(first: first, answer: gap(first))]
            while let boundary = boundaries.first, end.map({ boundary < $0 }) ?? true {
                boundaries.removeFirst()
                if boundary > first { parts.append((boundary, gap(boundary))) }
            }
            return parts
        }
        for (number, answer) in answers {
            for part in fill(upTo: number) { add(part.first, part.answer) }
            add(number, answer)
            next = number < .max ? number + 1 : nil
        }
        for part in fill(upTo: nil) { add(part.first, part.answer) }
    }

    private mutating func add(_ first: UInt32, _ answer: Answer) {
        if ranges.last?.answer != answer { ranges.append((first, answer)) }
    }

    /// The number must be in the accumulator. Every way through ends with an answer, so the code may stand anywhere.
    var instructions: [Instruction] { block(ranges[...]) }

    private typealias Part = ArraySlice<(first: UInt32, answer: Answer)>

    /// A conditional jump reaches 255 instructions: what is longer is cut into blocks that share their answers.
    private func block(_ part: Part) -> [Instruction] {
        if part.count == 1 { return code(part.first!.answer) }
        let limit = Int(UInt8.max)
        // A step for each part but one, at least.
        if part.count <= limit {
            var steps: [Step] = []
            steps.reserveCapacity(limit)
            search(part, &steps)
            var answers: [SeccompProfile.Action] = []
            for step in steps {
                if let action = step.ifAbove, !answers.contains(action) { answers.append(action) }
                if let action = step.ifBelow, !answers.contains(action) { answers.append(action) }
            }
            if steps.count + answers.count <= limit { return resolved(steps, answers) }
        }
        let middle = part.startIndex + part.count / 2
        let below = block(part[..<middle])
        return [.ifAtLeast(part[middle].first, 0, else: 1), .jump(below.count)] + below + block(part[middle...])
    }

    /// An instruction of a search; where it jumps to an answer, that is still to be placed.
    private struct Step {
        var instruction: Instruction
        var ifAbove: SeccompProfile.Action?
        var ifBelow: SeccompProfile.Action?
    }

    /// A binary search: the kernel pays for the depth, and for the length when it takes the filter in.
    private func search(_ part: Part, _ steps: inout [Step]) {
        if part.count == 1 {
            steps += code(part.first!.answer).map { Step(instruction: $0) }
            return
        }
        let middle = part.startIndex + part.count / 2
        let (below, above) = (part[..<middle], part[middle...])
        let plainBelow = below.count == 1 ? below.first!.answer.plain : nil
        let plainAbove = above.count == 1 ? above.first!.answer.plain : nil
        let at = steps.count
        let node = Instruction.ifAtLeast(part[middle].first, 0, else: 0)
        steps.append(Step(instruction: node, ifAbove: plainAbove, ifBelow: plainBelow))
        if plainBelow == nil { search(below, &steps) }
        // A block that is too long is not used; its jump may be wrong.
        steps[at].instruction.jumpTrue = UInt8(clamping: steps.count - at - 1)
        if plainAbove == nil { search(above, &steps) }
    }

    /// Places the answers behind the steps.
    private func resolved(_ steps: [Step], _ answers: [SeccompProfile.Action]) -> [Instruction] {
        let order = answers.sorted { $0.token < $1.token }
        func distance(_ action: SeccompProfile.Action, from index: Int) -> UInt8 {
            UInt8(steps.count + order.firstIndex(of: action)! - index - 1)
        }
        return steps.enumerated().map { index, step in
            var instruction = step.instruction
            if let action = step.ifAbove { instruction.jumpTrue = distance(action, from: index) }
            if let action = step.ifBelow { instruction.jumpFalse = distance(action, from: index) }
            return instruction
        } + order.map { .return($0) }
    }

    private func code(_ answer: Answer) -> [Instruction] {
        answer.byArguments.flatMap { match in
            match.arguments.reversed().reduce([.return(match.action)]) { rest, argument in
                argument.comparison(isNarrow: isNarrow, otherwiseSkip: rest.count) + rest
            }
        } + [.return(answer.otherwise)]
    }
}

extension SeccompProfile.Argument {
    /// Goes on behind itself when the comparison holds, else skips `count` instructions more.
    ///
    /// An argument has 64 bits, a comparison 32: first the upper halves, then the lower ones.
    fileprivate func comparison(isNarrow: Bool, otherwiseSkip count: Int) -> [Instruction] {
        let no = UInt8(count)
        let (low, high) = (UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32))
        let (loadLow, loadHigh) = (
            Instruction.loadArgument(index, upperHalf: false), Instruction.loadArgument(index, upperHalf: true)
        )
        func both(_ upper: [Instruction], _ lower: [Instruction]) -> [Instruction] { isNarrow ? lower : upper + lower }
        switch comparison {
        case .equal:
            let lower = [loadLow, .ifEqual(low, 0, else: no)]
            return both([loadHigh, .ifEqual(high, 0, else: no + 2)], lower)
        case .notEqual:
            let lower = [loadLow, .ifEqual(low, no, else: 0)]
            return both([loadHigh, .ifEqual(high, 0, else: 2)], lower)
        case .greater:
            let lower = [loadLow, .ifGreater(low, 0, else: no)]
            return both([loadHigh, .ifGreater(high, 3, else: 0), .ifEqual(high, 0, else: no + 2)], lower)
        case .greaterOrEqual:
            let lower = [loadLow, .ifAtLeast(low, 0, else: no)]
            return both([loadHigh, .ifGreater(high, 3, else: 0), .ifEqual(high, 0, else: no + 2)], lower)
        case .less:
            let lower = [loadLow, .ifAtLeast(low, no, else: 0)]
            return both([loadHigh, .ifGreater(high, no + 3, else: 0), .ifEqual(high, 0, else: 2)], lower)
        case .lessOrEqual:
            let lower = [loadLow, .ifGreater(low, no, else: 0)]
            return both([loadHigh, .ifGreater(high, no + 3, else: 0), .ifEqual(high, 0, else: 2)], lower)
        case .maskedEqual:
            let wanted = valueTwo & value
            let lower: [Instruction] = [loadLow, .and(low), .ifEqual(UInt32(truncatingIfNeeded: wanted), 0, else: no)]
            if high == 0 { return lower }
            let upper: [Instruction] = [
                loadHigh, .and(high), .ifEqual(UInt32(truncatingIfNeeded: wanted >> 32), 0, else: no + 3),
            ]
            return both(upper, lower)
        }
    }
}
