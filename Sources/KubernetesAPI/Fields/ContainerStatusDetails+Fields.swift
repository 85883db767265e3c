// SPDX-License-Identifier: Apache-2.0

extension ContainerUser: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("linux", &linux) }
}

extension LinuxContainerUser: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("uid", &uid, .always)
        f.field("gid", &gid, .always)
        f.field("supplementalGroups", &supplementalGroups)
    }
}

extension VolumeMountStatus: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        f.field("mountPath", &mountPath, .always)
        f.field("readOnly", &readOnly)
        f.field("recursiveReadOnly", &recursiveReadOnly)
    }
}
