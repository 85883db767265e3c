// SPDX-License-Identifier: Apache-2.0

import Linux
import OCI
import Sandbox

/// Where a hook runs.
enum HookPlace {
    case runtime
    /// In those of the namespaces (CLONE_NEW*) of the process of this pidfd, which waits before its root is entered.
    case container(CInt, namespaces: CInt)
}

/// Runs the hooks of one stage, each after the other.
///
/// - Parameter state: for their standard input. One that ends without reading it has read enough.
/// - Throws: at the first that fails or takes longer than its timeout; it is no more then.
func runHooks(
    _ hooks: [Hook], _ stage: Hooks.Stage, state: [UInt8], in place: HookPlace
) throws(RuntimeError) {
    if hooks.isEmpty { return }
    let text = String(decoding: state, as: UTF8.self)
    for (index, hook) in hooks.enumerated() {
        var run = HookRun(hook, state: text)
        if case .container(let process, let namespaces) = place {
            (run.process, run.namespaces) = (process, namespaces)
        }
        let name = "hooks.\(stage.rawValue)[\(index)]: \(hook.path)"
        switch try failing(name, run.run) {
        case .exited(code: 0, _): continue
        case .exited(let code, let words): throw RuntimeError("\(name): exited with status \(code)\(tail(words))")
        case .signaled(let signal, let words): throw RuntimeError("\(name): killed by signal \(signal)\(tail(words))")
        case .late(let words):
            throw RuntimeError("\(name): took longer than its \(run.timeout) s, and was killed\(tail(words))")
        }
    }
}

/// The same for a stage whose failures change nothing any more.
func warnOfHooks(_ hooks: [Hook], _ stage: Hooks.Stage, state: [UInt8], warn: (String) -> Void) {
    for hook in hooks {
        do throws(RuntimeError) { try runHooks([hook], stage, state: state, in: .runtime) } catch {
            warn(error.message)
        }
    }
}

extension HookRun {
    init(_ hook: Hook, state: String) {
        self.init(
            path: hook.path, arguments: hook.args.isEmpty ? [hook.path] : hook.args, environment: hook.env,
            timeout: UInt32(clamping: hook.timeout ?? 0), state: state)
    }
}

/// What a failed hook said, as the end of a sentence.
private func tail(_ words: String) -> String {
    let text = words.split(whereSeparator: { $0.isNewline }).joined(separator: "; ")
    return text.isEmpty ? "" : ": \(text)"
}
