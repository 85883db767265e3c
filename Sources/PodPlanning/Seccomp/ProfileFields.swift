// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// A profile's JSON, field by field. See `linux.seccomp` in the OCI runtime specification; `archMap`, `includes`,
/// `excludes`, `comment` and `name` are Docker's.
struct ProfileFields: APIObject {
    var defaultAction = ""
    var defaultErrnoRet: Int64?
    var architectures: [String] = []
    var archMap: [ArchitectureFields] = []
    var syscalls: [CallFields] = []

    mutating func fields(_ f: inout Fields) {
        f.field("defaultAction", &defaultAction)
        f.field("defaultErrnoRet", &defaultErrnoRet)
        f.field("architectures", &architectures)
        f.field("archMap", &archMap)
        f.field("syscalls", &syscalls)
        f.refused("flags", because: "the filter is loaded without flags")
        f.refused("listenerPath", "listenerMetadata", because: "no call is handed to another process")
    }
}

/// An entry of `archMap`.
struct ArchitectureFields: APIObject, EmptyConstructible {
    var architecture = ""
    var subArchitectures: [String] = []

    mutating func fields(_ f: inout Fields) {
        f.field("architecture", &architecture)
        f.field("subArchitectures", &subArchitectures)
    }
}

/// An entry of `syscalls`.
struct CallFields: APIObject, EmptyConstructible {
    var names: [String] = []
    var name = ""
    var action = ""
    var errnoRet: Int64?
    var args: [ArgumentFields] = []
    var includes = ConditionFields()
    var excludes = ConditionFields()

    mutating func fields(_ f: inout Fields) {
        f.field("names", &names)
        f.field("name", &name)
        f.field("action", &action)
        f.field("errnoRet", &errnoRet)
        f.field("args", &args)
        f.field("includes", &includes)
        f.field("excludes", &excludes)
        f.ignored("comment")
    }
}

/// An entry of `args`.
struct ArgumentFields: APIObject, EmptyConstructible {
    var index = Unsigned()
    var value = Unsigned()
    var valueTwo = Unsigned()
    var op = ""

    mutating func fields(_ f: inout Fields) {
        f.field("index", &index)
        f.field("value", &value)
        f.field("valueTwo", &valueTwo)
        f.field("op", &op)
        f.require("index", "which argument is compared")
    }
}

/// `includes` or `excludes`.
struct ConditionFields: APIObject {
    var caps: [String] = []
    var arches: [String] = []
    var minKernel = ""

    mutating func fields(_ f: inout Fields) {
        f.field("caps", &caps)
        f.field("arches", &arches)
        f.field("minKernel", &minKernel)
    }
}

/// A number of 64 bits without a sign, as arguments of system calls are.
struct Unsigned: FieldValue {
    var number: UInt64 = 0

    static func read(_ value: Value, _ faults: FaultList) -> Unsigned? {
        switch value.content {
        case .integer(let number) where number >= 0:
            return Unsigned(number: UInt64(number))
        case .number(let text) where UInt64(text) != nil:
            return Unsigned(number: UInt64(text)!)
        default:
            faults.add(.wrongType(expected: "a number of 64 bits without a sign", found: value.kindInWords))
            return nil
        }
    }

    func write() -> Value { Value(.number(String(number))) }
    var isEmpty: Bool { number == 0 }
}
