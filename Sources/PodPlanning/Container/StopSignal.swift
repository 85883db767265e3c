// SPDX-License-Identifier: Apache-2.0

/// The number of an image's `StopSignal`, or of a container's: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`. See `signal(7)`.
///
/// - Returns: 15 for "", and for what is no signal, as the field's runtimes do.
func stopSignalNumber(_ text: String) -> Int32 {
    if let number = Int32(text) { return (1...64).contains(number) ? number : 15 }
    var name = text.uppercased()
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    if let number = signalNumbers[name] { return number }
    if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) { return 34 + offset }
    if name.hasPrefix("RTMAX-"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) { return 64 - offset }
    return 15
}

/// The name of a stop signal as Kubernetes writes it. See KEP-4960.
package func stopSignalName(_ number: Int32) -> String {
    switch number {
    case 35...49: return "SIGRTMIN+\(number - 34)"
    case 50...63: return "SIGRTMAX-\(64 - number)"
    default:
        // Of two names of one signal the one that comes first: ABRT, CHLD, IO.
        let names = signalNumbers.filter { $0.value == number }.keys
        return "SIG" + (names.min() ?? "TERM")
    }
}

private let signalNumbers: [String: Int32] = [
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10,
    "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CLD": 17, "CONT": 18,
    "STOP": 19,
    "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28,
    "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31, "RTMIN": 34, "RTMAX": 64,
]
