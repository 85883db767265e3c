// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The options of one entry of `mounts`, sorted by whom they concern. See mount(8) and runtime-spec's "Linux mount options".
package struct MountOptions: Hashable, Sendable {
    /// For mount(2) of a new file system: MS_*.
    package var flags: UInt64 = 0
    /// For mount_setattr(2) of a bind mount: MOUNT_ATTR_* that are set and that go.
    package var set: UInt64 = 0
    package var clear: UInt64 = 0
    /// The same for the mount and all below it (`rro` and the like).
    package var recursiveSet: UInt64 = 0
    package var recursiveClear: UInt64 = 0
    /// MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE; 0: as it comes.
    package var propagation: UInt64 = 0
    package var propagatesRecursively = false
    package var isBind = false
    package var isRecursiveBind = false
    /// The tmpfs begins with what the root has at that place.
    package var copiesUp = false
    /// The owners of the source's files are mapped; recursively: of the mounts below, too.
    package var isIDMapped = false
    package var isIDMappedRecursively = false
    /// What the file system itself reads, parted by commas.
    package var data: [String] = []

    package init(_ options: [String]) {
        for option in options { add(option) }
    }

    private mutating func add(_ option: String) {
        switch option {
        case "bind": isBind = true
        case "rbind": (isBind, isRecursiveBind) = (true, true)
        case "defaults": break
        case "tmpcopyup": copiesUp = true
        case "idmap": isIDMapped = true
        case "ridmap": (isIDMapped, isIDMappedRecursively) = (true, true)
        default:
            if let (kind, recursive) = Self.propagations[option] {
                (propagation, propagatesRecursively) = (kind, recursive)
            } else if let change = Self.attributes[option] {
                apply(change)
            } else if let change = Self.superblockFlags[option] {
                flags = change.on ? flags | change.flag : flags & ~change.flag
            } else if option.hasPrefix("r"), let change = Self.attributes[String(option.dropFirst())] {
                recursiveSet = recursiveSet & ~change.clears | change.sets
                recursiveClear = recursiveClear & ~change.sets | change.clears
            } else {
                data.append(option)
            }
        }
    }

    private mutating func apply(_ change: Change) {
        set = set & ~change.clears | change.sets
        clear = clear & ~change.sets | change.clears
        flags = flags & ~change.flagsOff | change.flagsOn
    }

    /// One word that is an attribute of a mount: for bind mounts MOUNT_ATTR_*, for new file systems the MS_* of the same name.
    private struct Change {
        var sets: UInt64 = 0
        var clears: UInt64 = 0
        var flagsOn: UInt64 = 0
        var flagsOff: UInt64 = 0

        init(set attribute: CInt, _ flag: UInt64) { (sets, flagsOn) = (UInt64(attribute), flag) }
        init(clear attribute: CInt, _ flag: UInt64) { (clears, flagsOff) = (UInt64(attribute), flag) }

        /// The ways to keep access times are one field of the mount: it is cleared, then one is set.
        init(time attribute: CInt, on: UInt64, off: UInt64) {
            (sets, clears) = (UInt64(attribute), UInt64(MOUNT_ATTR__ATIME))
            (flagsOn, flagsOff) = (on, off)
        }
    }

    private static let noatime = UInt64(MS_NOATIME)
    private static let relatime = UInt64(MS_RELATIME)
    private static let strictatime = UInt64(MS_STRICTATIME)

    private static let attributes: [String: Change] = [
        "ro": Change(set: MOUNT_ATTR_RDONLY, UInt64(MS_RDONLY)),
        "rw": Change(clear: MOUNT_ATTR_RDONLY, UInt64(MS_RDONLY)),
        "nosuid": Change(set: MOUNT_ATTR_NOSUID, UInt64(MS_NOSUID)),
        "suid": Change(clear: MOUNT_ATTR_NOSUID, UInt64(MS_NOSUID)),
        "nodev": Change(set: MOUNT_ATTR_NODEV, UInt64(MS_NODEV)),
        "dev": Change(clear: MOUNT_ATTR_NODEV, UInt64(MS_NODEV)),
        "noexec": Change(set: MOUNT_ATTR_NOEXEC, UInt64(MS_NOEXEC)),
        "exec": Change(clear: MOUNT_ATTR_NOEXEC, UInt64(MS_NOEXEC)),
        "nodiratime": Change(set: MOUNT_ATTR_NODIRATIME, UInt64(MS_NODIRATIME)),
        "diratime": Change(clear: MOUNT_ATTR_NODIRATIME, UInt64(MS_NODIRATIME)),
        "nosymfollow": Change(set: CInt(MOUNT_ATTR_NOSYMFOLLOW), 256),
        "symfollow": Change(clear: CInt(MOUNT_ATTR_NOSYMFOLLOW), 256),
        "noatime": Change(time: MOUNT_ATTR_NOATIME, on: noatime, off: relatime | strictatime),
        "atime": Change(time: MOUNT_ATTR_RELATIME, on: 0, off: noatime),
        "relatime": Change(time: MOUNT_ATTR_RELATIME, on: relatime, off: noatime | strictatime),
        "norelatime": Change(time: MOUNT_ATTR_STRICTATIME, on: 0, off: relatime),
        "strictatime": Change(time: MOUNT_ATTR_STRICTATIME, on: strictatime, off: noatime | relatime),
        "nostrictatime": Change(time: MOUNT_ATTR_RELATIME, on: 0, off: strictatime),
    ]

    /// Those of the file system as a whole; a bind mount has no say in them.
    private static let superblockFlags: [String: (flag: UInt64, on: Bool)] = [
        "sync": (UInt64(MS_SYNCHRONOUS), true), "async": (UInt64(MS_SYNCHRONOUS), false),
        "dirsync": (UInt64(MS_DIRSYNC), true),
        "mand": (UInt64(MS_MANDLOCK), true), "nomand": (UInt64(MS_MANDLOCK), false),
        "iversion": (UInt64(MS_I_VERSION), true), "noiversion": (UInt64(MS_I_VERSION), false),
        "lazytime": (UInt64(MS_LAZYTIME), true), "nolazytime": (UInt64(MS_LAZYTIME), false),
        "acl": (UInt64(MS_POSIXACL), true), "noacl": (UInt64(MS_POSIXACL), false),
        "silent": (UInt64(MS_SILENT), true), "loud": (UInt64(MS_SILENT), false),
        "remount": (UInt64(MS_REMOUNT), true),
    ]

    private static let propagations: [String: (kind: UInt64, recursive: Bool)] = [
        "private": (UInt64(MS_PRIVATE), false), "rprivate": (UInt64(MS_PRIVATE), true),
        "shared": (UInt64(MS_SHARED), false), "rshared": (UInt64(MS_SHARED), true),
        "slave": (UInt64(MS_SLAVE), false), "rslave": (UInt64(MS_SLAVE), true),
        "unbindable": (UInt64(MS_UNBINDABLE), false), "runbindable": (UInt64(MS_UNBINDABLE), true),
    ]

    /// Every word that we know, for `features`.
    package static let known: [String] =
        (["bind", "rbind", "defaults", "tmpcopyup", "idmap", "ridmap"] + attributes.keys
        + attributes.keys.map { "r" + $0 } + superblockFlags.keys + propagations.keys).sorted()

    /// `propagation` by its name in `linux.rootfsPropagation`; nil: there is none of this name.
    package static func propagation(named name: String) -> (kind: UInt64, recursive: Bool)? { propagations[name] }
}
