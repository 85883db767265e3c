// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Whether this host passes packets on between its interfaces, for one family, and whether that is Berth's doing.
///
/// What Berth turned on must carry the pods' packets alone. So it says so in a file first, by name: one of this boot and
/// of this network namespace.
struct HostForwarding {
    enum Family: String, CaseIterable { case ipv4, ipv6 }

    let family: Family
    private let marker: String

    /// - Parameter directory: where the file is to be.
    init(_ family: Family, directory: String) throws(RunError) {
        self.family = family
        let path = "/proc/sys/kernel/random/boot_id"
        let boot = try attempt("read", path) { () throws(Errno) in
            try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 64)
        }
        let cookie = try attempt("look at", "the network namespace") { () throws(Errno) in try networkCookie() }
        let text = String(decoding: boot.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
        marker = "\(directory)/forwarding-\(family.rawValue)-\(text)-\(cookie)"
    }

    private var path: String {
        switch family {
        case .ipv4: "/proc/sys/net/ipv4/ip_forward"
        case .ipv6: "/proc/sys/net/ipv6/conf/all/forwarding"
        }
    }

    var isOn: Bool {
        get throws(RunError) {
            try attempt("read", path) { () throws(Errno) in
                try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 16).first == UInt8(ascii: "1")
            }
        }
    }

    /// Whether Berth turned it on, or was about to.
    var isOurs: Bool { access(marker, F_OK) == 0 }

    /// Does nothing when it is on. What keeps others' packets from being forwarded must be there before.
    func turnOn() throws(RunError) {
        if try isOn { return }
        _ = try attempt("write", marker) { () throws(Errno) in
            try OwnedDescriptor.open(marker, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        if family == .ipv6 { try keepHearingRouters() }
        try write("1", to: path)
    }

    /// Does nothing when somebody else turned it on.
    func turnOff() throws(RunError) {
        guard isOurs else { return }
        try write("0", to: path)
        try attempt("remove", marker) { () throws(Errno) in _ = try retrying { unlink(marker) } }
    }

    /// A host that forwards is a router, and hears advertisements of others only where it is told to. See `accept_ra` in
    /// the kernel's documentation of `ip-sysctl`.
    private func keepHearingRouters() throws(RunError) {
        let directory = "/proc/sys/net/ipv6/conf"
        let names = try attempt("read", directory) { () throws(Errno) in
            try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY).names()
        }
        for name in names {
            let path = "\(directory)/\(name)/accept_ra"
            try attempt("change", path) { () throws(Errno) -> Void in
                do throws(Errno) {
                    let value = try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: 16).first
                    if value == UInt8(ascii: "1") { try OwnedDescriptor.open(path, O_WRONLY).write("2") }
                } catch {
                    // The interface is gone.
                    guard error == ENOENT else { throw error }
                }
            }
        }
    }

    private func write(_ text: String, to path: String) throws(RunError) {
        try attempt("write", path) { () throws(Errno) in try OwnedDescriptor.open(path, O_WRONLY).write(text) }
    }
}

/// A number of the caller's network namespace that no other one has until the next boot. See `SO_NETNS_COOKIE`.
private func networkCookie() throws(Errno) -> UInt64 {
    let probe = OwnedDescriptor(
        adopting: try retrying { socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0) })
    var cookie: UInt64 = 0
    var size = socklen_t(MemoryLayout<UInt64>.size)
    let number = probe.rawValue
    try retrying { getsockopt(number, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) }
    return cookie
}
