// SPDX-License-Identifier: Apache-2.0

/// `v1 EnvFromSource`: all entries of a ConfigMap or of a Secret; exactly one of the two in a valid one.
package struct EnvFromSource: Hashable, Sendable {
    package var prefix = ""
    package var configMapRef: ObjectSource?
    package var secretRef: ObjectSource?

    package init() {}
}

/// `v1 ConfigMapEnvSource` and `v1 SecretEnvSource`.
package struct ObjectSource: Hashable, Sendable {
    package var name = ""
    package var optional: Bool?

    package init() {}
}

/// `v1 ConfigMapKeySelector` and `v1 SecretKeySelector`.
package struct KeySelector: Hashable, Sendable {
    package var name = ""
    package var key = ""
    package var optional: Bool?

    package init() {}
}

/// `v1 ResourceFieldSelector`.
package struct ResourceFieldSelector: Hashable, Sendable {
    /// Needed in a volume; the container itself in a variable.
    package var containerName = ""
    /// Such as `limits.cpu`.
    package var resource = ""
    package var divisor: Quantity?

    package init() {}
}

/// `v1 FileKeySelector`: a variable out of a file that an init container wrote.
package struct FileKeySelector: Hashable, Sendable {
    package var volumeName = ""
    package var path = ""
    package var key = ""
    package var optional: Bool?

    package init() {}
}
