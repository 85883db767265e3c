// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// Where errors and warnings go: the file of `--log`, which engines read, and standard error, which people read.
///
/// A warning goes to standard error only without a file: at `create` and `run` that is the container's own standard error.
final class RuntimeLog: Sendable {
    private enum Level: String { case error, warning, debug }
    /// Open as long as the program runs.
    private let file: CInt?
    private let isJSON: Bool
    private let isVerbose: Bool

    /// - Parameter path: appended to; nil: only standard error.
    init(path: String?, json: Bool, verbose: Bool) throws(RuntimeError) {
        isJSON = json
        isVerbose = verbose
        do throws(Errno) {
            file =
                if let path {
                    try OwnedDescriptor.open(path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o644).release()
                } else { nil }
        } catch {
            throw RuntimeError("cannot open the log \(path ?? ""): \(error)")
        }
    }

    func error(_ message: String) {
        write(.error, message)
        Self.tell(message)
    }

    func warn(_ message: String) {
        write(.warning, message)
        if file == nil { Self.tell("warning: \(message)") }
    }

    func debug(_ message: @autoclosure () -> String) {
        guard isVerbose else { return }
        write(.debug, message())
        if file == nil { Self.tell(message()) }
    }

    /// A line on standard error, in one write so that lines of several processes don't mix.
    static func tell(_ message: String) {
        let line = Array("berth-runtime: \(message)\n".utf8)
        _ = CLinux.write(2, line, line.count)
    }

    private func write(_ level: Level, _ message: String) {
        guard let file else { return }
        let entry: [(String, String)] =
            isJSON
            ? [("level", level.rawValue), ("msg", message), ("time", timestamp())]
            : [("time", timestamp()), ("level", level.rawValue), ("msg", message)]
        let line =
            isJSON
            ? JSONValue.object(entry.map { JSONMember($0.0, .string($0.1)) }).text()
            : entry.map { "\($0.0)=\(JSONValue.string($0.1).text())" }.joined(separator: " ")
        let bytes = Array((line + "\n").utf8)
        // A log that can't be written, on a full disk, must not hide why we are called: standard error still tells.
        _ = CLinux.write(file, bytes, bytes.count)
    }
}
