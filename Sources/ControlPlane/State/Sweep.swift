// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox

/// What earlier runs left that did not end by themselves: killed, or cut off by a reboot.
struct Sweep {
    /// How many runs' leftovers were removed.
    var removed = 0
    /// Runs that were still busy ending: try again later.
    var busy = false
    /// What could not be removed.
    var troubles: [String] = []

    /// Removes the leftovers of all runs that no process holds any more. One `readdir` when there are none.
    ///
    /// - Parameter own: the id of the run that asks.
    static func run(runs: borrowing OwnedDescriptor, own: String) -> Sweep {
        var sweep = Sweep()
        do throws(Errno) {
            for id in try runs.names() where id != own { sweep.consider(id, runs) }
        } catch {
            sweep.troubles.append("cannot list the earlier runs: \(error)")
        }
        return sweep
    }

    private mutating func consider(_ id: String, _ runs: borrowing OwnedDescriptor) {
        do throws(Errno) {
            let guardian = try runs.open(".", O_RDONLY | O_DIRECTORY)
            guard try guardian.lock(wait: false), try Sweep.isDead(id, runs) else {
                busy = true
                return
            }
            let uids = try Sweep.uids(try runs.open(id, O_RDONLY | O_DIRECTORY))
            let problems = uids.isEmpty ? [] : killCgroups(of: uids)
            troubles += problems
            // The list of UIDs stays for the next try.
            guard problems.isEmpty else { return }
            try runs.removeTree(id)
            removed += 1
        } catch {
            // It ended by itself meanwhile.
            if error == ENOENT { return }
            troubles.append("cannot remove what the run \(id) left behind: \(error)")
        }
    }

    /// No process of the run lives: nobody holds its lock, or it died before it made one.
    private static func isDead(_ id: String, _ runs: borrowing OwnedDescriptor) throws(Errno) -> Bool {
        let directory = try runs.open(id, O_RDONLY | O_DIRECTORY)
        do throws(Errno) {
            return try directory.open(RunDirectory.lockName, O_RDWR).lock(wait: false)
        } catch {
            if error == ENOENT { return true }
            throw error
        }
    }

    private static func uids(_ directory: borrowing OwnedDescriptor) throws(Errno) -> Set<String> {
        do throws(Errno) {
            let bytes = try directory.open(RunDirectory.uidsName, O_RDONLY).readAll(limit: 64 << 20)
            let lines = bytes.split(separator: UInt8(ascii: "\n"))
            return Set(lines.map { String(decoding: $0, as: UTF8.self) }.filter { $0.utf8.count == 36 })
        } catch {
            if error == ENOENT { return [] }
            throw error
        }
    }
}

/// Kills what is in the cgroups of these pods, and removes them.
///
/// - Returns: what could not be done, as sentences.
func killCgroups(of uids: Set<String>) -> [String] {
    do throws(CgroupError) {
        let result = try CgroupHierarchy.detect().sweep { name in uids.contains(String(name.prefix(36))) }
        return result.errors.map(\.description)
    } catch {
        return ["cannot look for the cgroups of lost pods: \(error)"]
    }
}
