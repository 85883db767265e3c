// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

/// The host's namespaces, held open by a process that is still in them: for pods that share them.
public final class HostNamespaces: Sendable {
    private let network: OwnedDescriptor
    private let ipc: OwnedDescriptor
    private let uts: OwnedDescriptor

    /// Holds those that this process is in.
    public init() throws(Errno) {
        network = try OwnedDescriptor.open("/proc/self/ns/net", O_RDONLY)
        ipc = try OwnedDescriptor.open("/proc/self/ns/ipc", O_RDONLY)
        uts = try OwnedDescriptor.open("/proc/self/ns/uts", O_RDONLY)
    }

    /// The network namespace, for a call that takes its descriptor.
    public var networkDescriptor: CInt { network.rawValue }

    /// Takes the calling process back into some of them. Those that cannot be held are left out.
    public func enter(_ wanted: Namespaces) throws(LaunchError) {
        if wanted.contains(.network) { try enter(network, CLONE_NEWNET, "network") }
        if wanted.contains(.ipc) { try enter(ipc, CLONE_NEWIPC, "ipc") }
        if wanted.contains(.uts) { try enter(uts, CLONE_NEWUTS, "uts") }
    }

    private func enter(
        _ namespace: borrowing OwnedDescriptor, _ kind: CInt, _ name: String
    ) throws(LaunchError) {
        let number = namespace.rawValue
        try attempt(.joinNamespace, "the host's \(name) namespace") { () throws(Errno) in
            try retrying { setns(number, kind) }
        }
    }
}
