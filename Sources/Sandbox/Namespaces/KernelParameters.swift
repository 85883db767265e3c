// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// `linux.sysctl`: parameters of the kernel in the namespaces of a pod.
public struct KernelParameter: Hashable, Sendable {
    /// Below /proc/sys: "net/ipv4/ip_local_port_range".
    public var path: String
    public var value: String

    public init(path: String, value: String) {
        self.path = path
        self.value = value
    }

    /// Sets them in the network and ipc namespaces of the calling process.
    ///
    /// It must have namespaces of its own: which parameters are a namespace's is the caller's to know.
    public static func set(_ parameters: [KernelParameter]) throws(LaunchError) {
        if parameters.isEmpty { return }
        let proc = try LaunchSources.procDirectory()
        for parameter in parameters {
            try attempt(.setKernelParameter, parameter.description) { () throws(Errno) in try parameter.write(proc) }
        }
    }

    /// Sets them in those of a user namespace, each by a short-lived process that joins it: ids in values are its own.
    public static func set(_ parameters: [KernelParameter], in namespace: borrowing UserNamespace) throws(LaunchError) {
        if parameters.isEmpty { return }
        let proc = try LaunchSources.procDirectory()
        let descriptors = namespace.descriptors
        for parameter in parameters {
            try attempt(.setKernelParameter, parameter.description) { () throws(Errno) in
                try OwnProcess.inChild { () throws(Errno) in
                    for descriptor in descriptors { try retrying { setns(descriptor, 0) } }
                    try OwnProcess.becomeRoot()
                    try parameter.write(proc)
                }
            }
        }
    }

    /// In one call, as the kernel wants it. No link is followed and no mount crossed.
    private func write(_ proc: borrowing OwnedDescriptor) throws(Errno) {
        let file = try proc.openResolved(
            "sys/\(path)", O_WRONLY, resolve: UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV))
        try file.write(value)
    }
}

extension KernelParameter: CustomStringConvertible {
    public var description: String { "\(path) to \"\(value)\"" }
}
