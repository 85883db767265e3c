// SPDX-License-Identifier: Apache-2.0

extension HostAlias: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("ip", &ip, .always)
        f.field("hostnames", &hostnames)
    }
}

extension PodDNSConfig: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("nameservers", &nameservers)
        f.field("searches", &searches)
        f.field("options", &options)
    }
}

extension PodDNSConfigOption: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name)
        f.field("value", &value)
    }
}

extension Sysctl: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("value", &value, .always)
    }
}

extension PodReadinessGate: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) { f.field("conditionType", &conditionType, .always) }
}
