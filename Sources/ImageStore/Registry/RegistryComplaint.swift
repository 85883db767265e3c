// SPDX-License-Identifier: Apache-2.0

import Linux
import OCI

/// What an answer that is no success says, made fit for a sentence.
package enum RegistryComplaint {
    /// More of a body than this is not read.
    static let limit = 64 << 10

    /// The errors of a registry, `{"errors":[{"code","message","detail"}]}`; of others the first words of a plain text.
    ///
    /// - Returns: nil when it says nothing that a person could read.
    package static func words(_ body: [UInt8], mediaType: String?) -> String? {
        if let root = try? JSONValue(parsing: body), case .array(let errors)? = root["errors"] {
            let sentences = errors.prefix(3).compactMap(sentence)
            return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
        }
        guard mediaType == "text/plain", let text = String(validating: body, as: UTF8.self) else { return nil }
        let line = text.split(whereSeparator: \.isNewline).first.map { short(String($0)) } ?? ""
        return line.isEmpty ? nil : line
    }

    /// `manifest unknown`, or the code where there is no message.
    private static func sentence(_ error: JSONValue) -> String? {
        if case .string(let message)? = error["message"], !short(message).isEmpty { return short(message) }
        guard case .string(let code)? = error["code"], !short(code).isEmpty else { return nil }
        return short(code)
    }

    private static func short(_ text: String) -> String {
        let plain = String(text.prefix(400)).withoutControls
        return plain.count > 300 ? "\(plain.prefix(300))…" : plain
    }

    /// The error that a status means.
    ///
    /// - Parameters:
    ///   - hasCredential: whether we had shown one.
    ///   - now: nanoseconds since 1970.
    static func error(
        _ head: HTTPHead, _ words: String?, at address: HTTPAddress, hasCredential: Bool, now: Int64
    ) -> RegistryError {
        let said = words.map { ": \($0)" } ?? ""
        let after = head.value("retry-after").flatMap { RetryAfter.seconds($0, now: now / 1_000_000_000) }
        func error(_ reason: RegistryError.Reason, _ problem: String) -> RegistryError {
            RegistryError(reason, address.shown, problem + said, retryAfterSeconds: after)
        }
        switch head.status {
        case 401, 403:
            return error(
                .denied,
                hasCredential
                    ? "access denied: the credentials given don't allow it"
                    : "access denied: there is no such image, or it needs a login")
        case 404: return error(.notFound, "not found")
        case 429: return error(.throttled, "too many requests" + (after.map { ", retry after \($0) s" } ?? ""))
        case 408, 500...: return error(.failing, "answered with status \(head.status)")
        default: return error(.wrongAnswer, "answered with status \(head.status)")
        }
    }
}
