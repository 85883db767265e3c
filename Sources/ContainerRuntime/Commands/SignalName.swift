// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A signal as people and engines write it: `15`, `TERM`, `SIGTERM`, `RTMIN+3`; in any case.
///
/// - Throws: for what is none.
func signalNumber(_ text: String) throws(RuntimeError) -> CInt {
    let last = __libc_current_sigrtmax()
    if let number = CInt(text), (1...last).contains(number) { return number }
    var name = text.uppercased()
    if name.utf8.starts(with: "SIG".utf8) { name = String(name.dropFirst(3)) }
    let aliases: [(String, CInt)] = [("IOT", SIGABRT), ("CLD", SIGCHLD), ("IO", SIGIO)]
    if let alias = aliases.first(where: { $0.0 == name }) { return alias.1 }
    for number in 1..<32 as Range<CInt> {
        if let known = sigabbrev_np(number), strcmp(known, name) == 0 { return number }
    }
    let first = __libc_current_sigrtmin()
    for (word, base) in [("RTMIN", first), ("RTMAX", last)] where name.hasPrefix(word) {
        let rest = name.dropFirst(word.count)
        let offset: CInt? = rest.isEmpty ? 0 : "+-".contains(rest.first!) ? CInt(rest) : nil
        if let offset, (first...last).contains(base + offset) { return base + offset }
    }
    throw RuntimeError("kill: `\(text)` is no signal")
}
