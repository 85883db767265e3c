// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What a person sees while a run goes on: lines that stay, and on a terminal one line at the bottom that is redrawn.
///
/// It also carries the containers' output, since both may share the terminal: the redrawn line is taken away first,
/// and comes back only where the output has ended its line.
final class ProgressView {
    enum Style { case redrawn, plain, silent }

    /// What the line at the bottom tells.
    struct Summary {
        var pods = ""
        var memoryBytes: Int64 = 0
        var memoryLimitBytes: Int64?
    }

    private let standardError: Terminal
    private let standardOutput: Terminal
    private let style: Style
    private let sharesTerminal: Bool
    private var isDrawn = false
    private var outputEndsLine = true
    private var frame = 0

    init(standardError: Terminal, standardOutput: Terminal, silent: Bool) {
        self.standardError = standardError
        self.standardOutput = standardOutput
        style = silent ? .silent : standardError.isInteractive ? .redrawn : .plain
        sharesTerminal = standardError.isInteractive && standardOutput.isInteractive
    }

    var usesColor: Bool { standardError.usesColor }

    /// Redraws happen only on a terminal.
    var isRedrawn: Bool { style == .redrawn }

    /// A line that stays.
    func line(_ text: String) {
        guard style != .silent else { return }
        clear()
        standardError.write((outputEndsLine || !sharesTerminal ? "" : "\n") + text + "\n")
        if sharesTerminal { outputEndsLine = true }
    }

    /// Bytes of a container, to one of our streams.
    func output(_ bytes: [UInt8], to stream: Stream) {
        guard let last = bytes.last else { return }
        clear()
        let terminal = stream == .standardOutput ? standardOutput : standardError
        terminal.write(bytes)
        if terminal.isInteractive { outputEndsLine = last == UInt8(ascii: "\n") }
    }

    enum Stream { case standardOutput, standardError }

    /// Draws the line at the bottom anew.
    func redraw(_ summary: Summary, elapsed: Duration) {
        guard style == .redrawn, outputEndsLine || !sharesTerminal else { return }
        let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
        frame = (frame + 1) % spinner.count
        var text = "\(spinner[frame]) \(elapsed.brief)  \(summary.pods)"
        if summary.memoryBytes > 0 {
            text += "  memory \(binarySize(summary.memoryBytes))"
            if let limit = summary.memoryLimitBytes { text += " of \(binarySize(limit))" }
        }
        standardError.write("\r\u{1b}[2K" + Color.dim(String(text.prefix(standardError.width - 1)), usesColor))
        isDrawn = true
    }

    /// Takes the line at the bottom away.
    func clear() {
        guard isDrawn else { return }
        standardError.write("\r\u{1b}[2K")
        isDrawn = false
    }
}
