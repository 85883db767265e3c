// SPDX-License-Identifier: Apache-2.0

extension EnvFromSource: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("prefix", &prefix)
        f.field("configMapRef", &configMapRef)
        f.field("secretRef", &secretRef)
    }
}

extension ObjectSource: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("optional", &optional)
    }
}

extension KeySelector: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("key", &key, .always)
        f.field("optional", &optional)
    }
}

extension ResourceFieldSelector: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("containerName", &containerName)
        f.field("resource", &resource, .always)
        f.field("divisor", &divisor)
    }
}

extension FileKeySelector: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("volumeName", &volumeName, .always)
        f.field("path", &path, .always)
        f.field("key", &key, .always)
        f.field("optional", &optional)
    }
}
