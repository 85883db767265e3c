// SPDX-License-Identifier: Apache-2.0

import ImageStore
import Synchronization

/// Shows a pull: a line for each layer with a bar that grows, on a terminal; elsewhere a line when something begins or ends.
final class PullView: Sendable {
    private struct State {
        var layers: [PullProgress.Blob] = []
        var states: [PullProgress.Blob: PullProgress.State] = [:]
        /// By their diff ids, in the order in which they are unpacked: how many of how many bytes.
        var unpacking: [(layer: BlobDigest, bytes: Int64, of: Int64)] = []
        var drawn = 0
        var last = ContinuousClock.now
    }

    private let terminal: Terminal
    private let isQuiet: Bool
    private let state = Mutex(State())

    init(terminal: Terminal, isQuiet: Bool) {
        self.terminal = terminal
        self.isQuiet = isQuiet
    }

    /// Called from several threads.
    func show(_ progress: PullProgress) {
        guard !isQuiet else { return }
        state.withLock { state in
            switch progress {
            case .resolved(_, let layers): state.layers = layers
            case .layer(let blob, let now): take(blob, now, &state)
            case .unpacking(let layer, let bytes, let size): take(layer, bytes, size, &state)
            case .retrying(let error): write("retrying: \(error)", &state)
            case .nextEndpoint(let error): write("\(error); asking the next place", &state)
            }
        }
    }

    func line(_ text: String) { state.withLock { write(text, &$0) } }

    /// The last picture stays.
    func end() { state.withLock { if terminal.isInteractive, !isQuiet { draw(&$0) } } }

    private func take(_ blob: PullProgress.Blob, _ now: PullProgress.State, _ state: inout State) {
        let before = state.states.updateValue(now, forKey: blob)
        guard terminal.isInteractive else {
            if case .done = now { write("layer \(short(blob)) \(binarySize(blob.size))", &state) }
            if case .present = now, before == nil { write("layer \(short(blob)) is here", &state) }
            if case .retrying(let error) = now { write("layer \(short(blob)): retrying: \(error)", &state) }
            return
        }
        // Some ten pictures a second, and one for each end.
        let isEnd = if case .fetching = now { false } else { true }
        guard isEnd || ContinuousClock.now - state.last > .milliseconds(100) else { return }
        draw(&state)
    }

    private func take(_ layer: BlobDigest, _ bytes: Int64, _ size: Int64, _ state: inout State) {
        guard terminal.isInteractive else { return }
        if let at = state.unpacking.firstIndex(where: { $0.layer == layer }) {
            state.unpacking[at] = (layer, bytes, size)
        } else {
            state.unpacking.append((layer, bytes, size))
        }
        guard bytes == size || ContinuousClock.now - state.last > .milliseconds(100) else { return }
        draw(&state)
    }

    private func write(_ text: String, _ state: inout State) {
        clear(&state)
        terminal.write(text.escapedForTerminal + "\n")
    }

    private func clear(_ state: inout State) {
        if state.drawn > 0 { terminal.write("\u{1b}[\(state.drawn)A\u{1b}[J") }
        state.drawn = 0
    }

    private func draw(_ state: inout State) {
        clear(&state)
        for layer in state.layers { terminal.write(picture(layer, state.states[layer]) + "\n") }
        if let now = state.unpacking.last {
            let what = now.of == 0 ? "by another pull" : "\(binarySize(now.bytes)) of \(binarySize(now.of))"
            terminal.write("unpacking layer \(state.unpacking.count): \(what)\n")
        }
        state.drawn = state.layers.count + (state.unpacking.isEmpty ? 0 : 1)
        state.last = .now
    }

    private func picture(_ layer: PullProgress.Blob, _ state: PullProgress.State?) -> String {
        let size = binarySize(layer.size)
        switch state {
        case nil: return "\(short(layer))  waiting"
        case .present?: return "\(short(layer))  is here"
        case .waiting?: return "\(short(layer))  fetched by another pull"
        case .retrying?: return "\(short(layer))  retrying"
        case .done?: return "\(short(layer))  [\(String(repeating: "=", count: 30))] \(size)"
        case .fetching(let bytes)?:
            let filled = layer.size > 0 ? Int(min(30, bytes * 30 / layer.size)) : 30
            let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 30 - filled)
            return "\(short(layer))  [\(bar)] \(binarySize(bytes)) of \(size)"
        }
    }

    private func short(_ layer: PullProgress.Blob) -> Substring { layer.digest.hexadecimal.prefix(12) }
}
