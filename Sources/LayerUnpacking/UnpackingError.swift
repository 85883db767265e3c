// SPDX-License-Identifier: Apache-2.0

import Linux

/// Why an archive was given up.
enum UnpackingError: Error, CustomStringConvertible {
    /// It is not as it should be.
    case archive(String)
    /// One entry of it: its name, and the problem.
    case entry(String, String)
    /// A limit that it goes beyond.
    case excess(String)
    /// What was tried, on what.
    case system(String, String, Errno)

    var description: String {
        switch self {
        case .archive(let problem), .excess(let problem): problem
        case .entry(let name, let problem): "\"\(name)\": \(problem)"
        case .system(let action, let object, let errno): "cannot \(action) \"\(object)\": \(errno)"
        }
    }
}

/// A name of bytes with a zero at its end, as libc takes it; and a text of it for messages.
typealias RawName = [CChar]

func text(_ name: RawName) -> String {
    String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
