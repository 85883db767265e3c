// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The unit of systemd that a container's cgroup belongs to: with `--systemd-cgroup` systemd makes it, knows its limits, and so
/// leaves them as they are when it is reloaded. See `systemd.scope(5)` and `org.freedesktop.systemd1(5)`.
///
/// It is asked by its own `busctl`: there is no static library that speaks to the bus.
struct SystemdScope: Hashable {
    /// Such as `berth-ID.scope`.
    let unit: String
    /// Such as `system.slice`.
    let slice: String

    /// - Parameter path: `linux.cgroupsPath` in the form `slice:prefix:name`; parts that are empty are the default ones.
    init(path: String?, id: String) throws(RuntimeError) {
        let parts = (path ?? "::\(id)").split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[2].isEmpty else {
            throw RuntimeError(
                "linux.cgroupsPath: with --systemd-cgroup it has the form slice:prefix:name, as in system.slice:berth:\(id); it is `\(path ?? "")`"
            )
        }
        slice = parts[0].isEmpty ? "system.slice" : String(parts[0])
        guard slice.hasSuffix(".slice"), !slice.utf8.contains(UInt8(ascii: "/")), Self.parts(of: slice) != nil else {
            throw RuntimeError("linux.cgroupsPath: `\(slice)` is no name of a slice, such as system.slice")
        }
        if parts[2].hasSuffix(".slice") {
            throw RuntimeError("linux.cgroupsPath: a container has a scope of its own; `\(parts[2])` names a slice")
        }
        let prefix = parts[1].isEmpty ? (path == nil ? "berth-" : "") : "\(parts[1])-"
        unit = "\(prefix)\(parts[2]).scope"
        if unit.utf8.contains(UInt8(ascii: "/")) {
            throw RuntimeError("linux.cgroupsPath: `\(unit)` is no name of a unit")
        }
    }

    /// `a-b.slice` is below `a.slice`; `-.slice` is the root.
    private static func parts(of slice: String) -> [Substring]? {
        let name = slice.dropLast(".slice".count)
        if name == "-" { return [] }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return parts.contains("") ? nil : parts
    }

    /// Where its cgroup is, from the mount of a hierarchy on.
    func relativePath() throws(RuntimeError) -> String {
        var path = try Self.root()
        var name = ""
        for part in Self.parts(of: slice) ?? [] {
            name += name.isEmpty ? part : "-\(part)"
            path += "/\(name).slice"
        }
        return "\(path)/\(unit)"
    }

    /// systemd's own place, that of its first process without its last part: empty on a host, longer in some containers.
    private static func root() throws(RuntimeError) -> String {
        guard let path = try cgroup(of: 1) else { throw RuntimeError("--systemd-cgroup: process 1 has no cgroup") }
        return path.hasSuffix("/init.scope") ? String(path.dropLast("/init.scope".count)) : path == "/" ? "" : path
    }

    /// Of the hierarchy that systemd keeps processes in.
    private static func cgroup(of pid: pid_t) throws(RuntimeError) -> String? {
        let text = try failing("cannot read /proc/\(pid)/cgroup") { () throws(Errno) in
            try OwnedDescriptor.open("/proc/\(pid)/cgroup", O_RDONLY).readAll(limit: 1 << 20)
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasBytes(of: ":name=systemd:") } ?? lines.first { $0.hasPrefix("0::") }
        return line?.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last.map(String.init)
    }

    // MARK: - Asking systemd

    /// - Throws: unless systemd is what this host was booted with. See `sd_booted(3)`.
    static func check() throws(RuntimeError) {
        if access("/run/systemd/system", F_OK) != 0 {
            throw RuntimeError(
                "--systemd-cgroup: systemd is not this host's first process: use --cgroup-manager cgroupfs, and tell the engine so"
            )
        }
    }

    /// Starts it around a process, which is in its cgroup afterwards.
    ///
    /// A unit of that name whose container has just ended is waited for.
    func start(around process: pid_t, description: String, _ properties: [SystemdProperty]) throws(RuntimeError) {
        let own = [
            SystemdProperty("Description", "s", description), SystemdProperty("Slice", "s", slice),
            SystemdProperty("PIDs", "au", "1", String(process)), SystemdProperty("Delegate", "b", "true"),
            SystemdProperty("DefaultDependencies", "b", "false"),
            // It leaves nothing to be looked at: what a container came to is the engine's to keep.
            SystemdProperty("CollectMode", "s", "inactive-or-failed"),
        ]
        let all = own + properties
        let arguments = [unit, "fail", String(all.count)] + all.flatMap { $0.arguments } + ["0"]
        var waited: UInt32 = 0
        while true {
            do throws(RuntimeError) {
                _ = try Self.call("StartTransientUnit", "ssa(sv)a(sa(sv))", arguments)
                break
            } catch {
                guard error.message.hasBytes(of: "already"), waited < Self.patience else { throw error }
                clinux_sleep_microseconds(Self.pause)
                waited += Self.pause
            }
        }
        // The answer is that of a job in systemd's queue.
        let wanted = try relativePath()
        while try Self.cgroup(of: process) != wanted {
            guard waited < Self.patience else {
                throw RuntimeError(
                    "--systemd-cgroup: systemd did not put process \(process) into \(wanted): see journalctl -u \(unit)"
                )
            }
            clinux_sleep_microseconds(Self.pause / 10)
            waited += Self.pause / 10
        }
    }

    /// Changes limits of a unit that is there.
    func set(_ properties: [SystemdProperty]) throws(RuntimeError) {
        if properties.isEmpty { return }
        _ = try Self.call(
            "SetUnitProperties", "sba(sv)",
            [unit, "true", String(properties.count)] + properties.flatMap { $0.arguments })
    }

    /// Whatever runs in it is ended. One that isn't there is success.
    func stop() throws(RuntimeError) {
        do throws(RuntimeError) {
            _ = try Self.call("StopUnit", "ss", [unit, "replace"])
        } catch {
            if !error.message.hasBytes(of: "not loaded") { throw error }
        }
    }

    private static let (patience, pause): (UInt32, UInt32) = (10_000_000, 5000)

    private static func call(
        _ method: String, _ signature: String, _ arguments: [String]
    ) throws(RuntimeError) -> String {
        let object = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"]
        do throws(RuntimeError) {
            return try ProgramOutput.of(
                "busctl", ["--system", "--no-pager", "call"] + object + [method, signature] + arguments)
        } catch {
            throw RuntimeError("--systemd-cgroup: \(method): \(error)")
        }
    }
}

extension SystemdScope {
    /// That of a record.
    init?(reopening place: CgroupPlace) {
        guard let unit = place.unit else { return nil }
        self.unit = unit
        // Only a start needs it.
        slice = "-.slice"
    }
}

/// A property as busctl takes it: its name, the type of its value, the value's words.
struct SystemdProperty: Hashable {
    let arguments: [String]

    init(_ name: String, _ type: String, _ value: String...) { arguments = [name, type] + value }
}

/// A process that does nothing: a scope can't be made without one, and goes with its last.
final class Placeholder {
    let pid: pid_t

    init() throws(RuntimeError) {
        let parent = getpid()
        pid = try failing("cannot fork") { () throws(Errno) in
            switch try OwnProcess.fork() {
            case .parent(let child): return child
            case .child:
                do throws(Errno) {
                    try OwnProcess.endWithParent(true)
                    try OwnProcess.closeDescriptors(from: 0)
                } catch {
                    _exit(1)
                }
                // A parent that died before it was watched tells nothing any more.
                if getppid() != parent { _exit(1) }
                while true { pause() }
            }
        }
    }

    deinit {
        kill(pid, SIGKILL)
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, Errno.current == EINTR {}
    }
}
