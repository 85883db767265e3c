// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

extension JobSpec {
    /// The exit codes of simulated pods.
    static let exitCodes: [Int32] = [1, 3, 42, 137]

    mutating func randomize(using random: inout SplitMix) {
        parallelism = Int32.random(in: 0...5, using: &random)
        completions = random.chance(1, in: 4) ? nil : Int32.random(in: 0...12, using: &random)
        if completions != nil, random.chance(2, in: 3) { completionMode = .indexed }
        backoffLimit = [0, 1, 3, 6, 1000].randomElement(using: &random)
        if random.chance(1, in: 3) { activeDeadlineSeconds = Int64.random(in: 0...300, using: &random) }
        suspend = random.chance(1, in: 5)
        template.spec.restartPolicy = random.chance(1, in: 3) ? .onFailure : .never
        podReplacementPolicy = random.chance(1, in: 3) ? .failed : .terminatingOrFailed
        if random.chance(1, in: 4) { ttlSecondsAfterFinished = Int32.random(in: 0...60, using: &random) }
        if completionMode == .indexed { randomizeIndexed(using: &random) }
        guard random.chance(1, in: 3) else { return }
        template.spec.restartPolicy = .never
        podReplacementPolicy = .failed
        podFailurePolicy = PodFailurePolicy()
        let count = Int.random(in: 1...3, using: &random)
        podFailurePolicy?.rules = (0..<count).map { _ in
            PodFailurePolicyRule(random: &random, mayFailIndex: backoffLimitPerIndex != nil)
        }
    }

    private mutating func randomizeIndexed(using random: inout SplitMix) {
        if random.chance(1, in: 2) {
            backoffLimitPerIndex = Int32.random(in: 0...3, using: &random)
            if random.chance(2, in: 3) { backoffLimit = nil }
            if random.chance(1, in: 3) { maxFailedIndexes = Int32.random(in: 0...(completions ?? 0), using: &random) }
        }
        guard random.chance(1, in: 3) else { return }
        successPolicy = SuccessPolicy()
        let count = Int.random(in: 1...2, using: &random)
        successPolicy?.rules = (0..<count).map { _ in
            var rule = SuccessPolicyRule()
            if random.chance(2, in: 3) {
                let indexes = (0..<(completions ?? 0)).filter { _ in random.chance(1, in: 3) }
                rule.succeededIndexes = indexes.map { "\($0)" }.joined(separator: ",")
            }
            let most = rule.succeededIndexes.map { Int32($0.split(separator: ",").count) } ?? completions ?? 0
            if rule.succeededIndexes == nil || random.chance(1, in: 2) {
                rule.succeededCount = Int32.random(in: 0...most, using: &random)
            }
            return rule
        }
    }

    /// One of the changes that users make; now and then one that is not allowed.
    mutating func change(using random: inout SplitMix) {
        switch Int.random(in: 0..<9, using: &random) {
        case 8: if backoffLimitPerIndex != nil { maxFailedIndexes = Int32.random(in: 0...8, using: &random) }
        case 0, 1: suspend = !(suspend ?? false)
        case 2: parallelism = Int32.random(in: 0...6, using: &random)
        case 3:
            completions = Int32.random(in: 0...12, using: &random)
            parallelism = completions
        case 4: podReplacementPolicy = random.chance(1, in: 2) ? .failed : .terminatingOrFailed
        case 5: ttlSecondsAfterFinished = random.chance(1, in: 2) ? nil : Int32.random(in: 0...60, using: &random)
        case 6:
            switch Int.random(in: 0..<3, using: &random) {
            case 0: completions = (completions ?? 0) + 1
            case 1: backoffLimitPerIndex = (backoffLimitPerIndex ?? 0) + 1
            default: template.spec.containers[0].image = "other"
            }
        default:
            backoffLimit = Int32.random(in: 0...10, using: &random)
            activeDeadlineSeconds = random.chance(1, in: 2) ? nil : Int64.random(in: 1...500, using: &random)
        }
    }
}

extension PodFailurePolicyRule {
    fileprivate init(random: inout SplitMix, mayFailIndex: Bool) {
        self.init()
        let actions: [Action] = mayFailIndex ? [.ignore, .count, .failJob, .failIndex] : [.ignore, .count, .failJob]
        action = actions.randomElement(using: &random)
        if random.chance(1, in: 3) {
            var pattern = PodFailurePolicyOnPodConditionsPattern()
            pattern.type = "DisruptionTarget"
            onPodConditions = [pattern]
        } else {
            var codes = PodFailurePolicyOnExitCodesRequirement()
            codes.operator = random.chance(1, in: 4) ? .isNotIn : .isIn
            codes.values = JobSpec.exitCodes.filter { _ in random.chance(1, in: 2) }
            onExitCodes = codes
        }
    }
}

extension SplitMix {
    mutating func chance(_ part: Int, in whole: Int) -> Bool { Int.random(in: 0..<whole, using: &self) < part }
}
