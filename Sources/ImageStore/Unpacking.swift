// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox
import Seccomp

/// One run of the host's tar in a sandbox: the host's root below a throw-away overlay, no network, no devices, the
/// default seccomp filter, the directory to fill at /mnt.
///
/// tar lists what it is about to unpack; the listing is counted while it runs, so that an archive that is too large is
/// given up before it is on the disk.
struct Unpacking {
    /// A descriptor of the empty directory to fill.
    let target: CInt
    /// A directory of ours to mount on, inside the sandbox.
    let staging: String
    let limits: ImportLimits

    // Extended attributes: file capabilities and users' own. Others are the kernel's business, as overlayfs's are.
    private static let unpack = [
        "tar", "--extract", "--directory=/mnt", "--numeric-owner", "--same-permissions", "--same-owner",
        "--delay-directory-restore", "--xattrs", "--xattrs-include=security.capability", "--xattrs-include=user.*",
        "-vv", "--quoting-style=c", "--file=-",
    ]

    /// - Returns: what tar left out.
    func run(_ input: borrowing ArchiveInput) throws(ImageStoreError) -> [String] {
        let listing = try ProgramPipe(for: "tar")
        let messages = try ProgramPipe(for: "tar")
        let archive = try input.start(errors: messages.writing)
        var watch = UnpackingWatch(limits: limits)
        let status: ExitStatus
        do throws(ImageStoreError) {
            let container = try launch(
                archive.descriptor.rawValue, input.compression, output: listing.writing.rawValue,
                errors: messages.writing.rawValue)
            status = try watch.follow(container, listing: listing.readingEnd(), messages: messages.readingEnd())
        } catch {
            _ = try archive.finish(complete: false)
            throw error
        }
        // Its status is 2 for devices that it could not make, and for whatever else went wrong.
        let complete =
            watch.excess == nil
            && (status == .exited(code: 0)
                || status == .exited(code: 2) && watch.leftOut > 0 && watch.complaint == nil)
        let whole = try archive.finish(complete: complete)
        if let excess = watch.excess { throw .source(path: input.name, problem: excess) }
        guard complete, whole else {
            let complaint = watch.complaint ?? "it ended with \(status)"
            throw .source(path: input.name, problem: "could not be unpacked: \(complaint)")
        }
        return watch.warnings
    }

    private func launch(
        _ input: CInt, _ compression: Compression?, output: CInt, errors: CInt
    ) throws(ImageStoreError) -> RunningContainer {
        var spec = ContainerSpec()
        spec.arguments = Self.unpack + (compression.map { ["--\($0.rawValue)"] } ?? [])
        spec.environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
        spec.capabilities = .unpacking
        spec.noNewPrivileges = true
        // A header may claim to be as long as it likes, and be read into memory.
        spec.resourceLimits.append(.init(resource: .addressSpace, soft: 2 << 30, hard: 2 << 30))
        spec.standardInput = input
        spec.standardOutput = output
        spec.standardError = errors
        spec.hostname = "import"
        spec.root.layers = ["/"]
        spec.root.stagingDirectory = staging
        spec.root.upperSizeBytes = 1 << 20
        spec.mounts = [BindMount(source: target, destination: "/mnt")]
        do throws(SeccompError) {
            spec.seccomp = try SeccompCache(limit: 1)
                .program(for: .runtimeDefault, capabilities: spec.capabilities.rawValue)?.bytes
        } catch {
            throw .host(object: "the sandbox for tar", problem: error.description)
        }
        do throws(LaunchError) {
            return try spec.launch(in: .writeTasks([]))
        } catch {
            throw .host(object: "the sandbox for tar", problem: error.description)
        }
    }
}

/// How an archive is compressed, by its first bytes: the name of tar's option.
enum Compression: String {
    case gzip, xz, zstd

    init?(_ head: [UInt8]) {
        if head.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if head.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) {
            self = .xz
        } else if head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            self = .zstd
        } else {
            return nil
        }
    }
}

extension CapabilitySet {
    /// CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETFCAP: what unpacking owners, modes and file capabilities takes.
    fileprivate static let unpacking = CapabilitySet(rawValue: 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 31)
}
