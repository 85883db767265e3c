// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Why a profile could not be made into a filter. There is no weaker filter in its place.
public enum SeccompError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The profile allows everything and names no call: an empty file must not mean "unconfined" (CVE-2023-2431).
    case allowsEverything
    /// The text is not what a system call's name can be.
    case malformedName(String)
    /// The profile asks for something stricter than its default for a call that libseccomp does not know.
    case unknownCall(String)
    /// Argument indices are 0...5.
    case argumentIndex(call: String, UInt32)
    /// libseccomp compares each argument once in a rule.
    case repeatedArgument(call: String, UInt32)
    /// Error numbers are 0...4095.
    case errorNumber(UInt16)
    /// The kernel takes at most 4096 instructions.
    case tooLong(instructions: Int)
    /// libseccomp refused.
    case library(function: String, call: String?, Errno)
    /// A system call of the compiler itself failed.
    case system(function: String, Errno)

    public var description: String {
        switch self {
        case .allowsEverything:
            "the profile allows every call and names none; use Unconfined if that is meant"
        case .malformedName(let name):
            "\"\(name.prefix(100))\" is not a system call's name: lower-case letters, digits and _"
        case .unknownCall(let name):
            "system call \"\(name)\" is to be refused, but this build's libseccomp does not know it; "
                + "use a profile whose defaultAction refuses"
        case .argumentIndex(let call, let index):
            "system call \"\(call)\": no argument has index \(index); indices are 0 to 5"
        case .repeatedArgument(let call, let index):
            "system call \"\(call)\": two comparisons of argument \(index) in one rule; use a rule for each"
        case .errorNumber(let number):
            "error number \(number) is out of range; 0 to 4095"
        case .tooLong(let instructions):
            "the filter has \(instructions) instructions, and the kernel takes 4096; name fewer calls or architectures"
        case .library(let function, let call, let error):
            "libseccomp: \(function)\(call.map { " of \"\($0)\"" } ?? ""): \(error)"
        case .system(let function, let error):
            "cannot compile the seccomp profile: \(function): \(error)"
        }
    }
}
