// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox

/// Where an image's files come from.
public enum ImportSource: Hashable, Sendable {
    case directory(String)
    /// A tar archive, as it is or compressed by gzip, zstd or xz.
    case archive(String)
    /// A tar archive on this descriptor, not compressed by anything but gzip, zstd or xz.
    case stream(CInt)
}

extension LocalImages {
    /// Copies files into the store under a name. Importing the same files again keeps one copy.
    ///
    /// The host's tar unpacks, inside a sandbox of ours whose only way out is the new, empty directory: what an archive
    /// holds, `..`, links or absolute names, leads nowhere else. It lacks CAP_MKNOD, so devices are left out.
    ///
    /// - Returns: what it is now, and what was left out.
    @discardableResult
    public borrowing func add(
        _ name: String, from source: ImportSource, _ configuration: ImageConfiguration
    ) throws(ImageStoreError) -> (image: ImageSummary, warnings: [String]) {
        let reference = try parsed(name)
        var warnings: [String] = []
        try changing { images throws(ImageStoreError) in
            let (digest, size) = try images.addLayer { root, place throws(ImageStoreError) in
                warnings = try Unpacking(target: root.rawValue, staging: images.path + "/incoming").run(source)
                try images.checkRoot(root, place, source)
            }
            var record = ImageRecord(reference: reference.description, id: digest)
            record.sizeBytes = size
            record.created = Int64(time(nil))
            record.configuration = configuration
            try images.write(record)
        }
        return (try inspect(name), warnings)
    }

    /// An empty archive is a mistake, not an image.
    private borrowing func checkRoot(
        _ root: borrowing OwnedDescriptor, _ place: String, _ source: ImportSource
    ) throws(ImageStoreError) {
        let names = try attempt("read", place) { () throws(Errno) in try root.names() }
        if names.isEmpty { throw .source(path: source.name, problem: "holds no files") }
    }
}

extension ImportSource {
    /// For messages.
    var name: String {
        switch self {
        case .directory(let path), .archive(let path): path
        case .stream: "standard input"
        }
    }
}

/// One run of the host's tar in a sandbox: host's root read-only below a throw-away overlay, no network, no devices,
/// the target directory at /mnt.
struct Unpacking {
    /// A descriptor of the empty directory to fill.
    let target: CInt
    /// A directory of ours to mount on, inside the sandbox.
    let staging: String

    private static let unpack = [
        "tar", "--extract", "--directory=/mnt", "--numeric-owner", "--same-permissions", "--same-owner",
        "--delay-directory-restore",
        "--xattrs", "--xattrs-include=*",
    ]

    /// - Returns: what tar left out.
    func run(_ source: ImportSource) throws(ImageStoreError) -> [String] {
        switch source {
        case .directory(let path): return try copy(path)
        case .archive(let path):
            let file = try attempt("open", path) { () throws(Errno) in try OwnedDescriptor.open(path, O_RDONLY) }
            var status = stat()
            guard fstat(file.rawValue, &status) == 0, CInt(status.st_mode) & S_IFMT == S_IFREG else {
                throw .source(path: path, problem: "is neither a directory nor a regular file")
            }
            let compression = try Compression(of: file.rawValue, path)
            if compression == nil { try checkEnd(of: file.rawValue, Int64(status.st_size), path) }
            return try unpack(from: file.rawValue, compression, path)
        case .stream(let descriptor):
            return try unpack(from: descriptor, nil, source.name)
        }
    }

    /// tar takes a missing end for the end. An archive ends with blocks of zeroes; a compressed one is checked by its format.
    private func checkEnd(of file: CInt, _ size: Int64, _ path: String) throws(ImageStoreError) {
        var block = [UInt8](repeating: 1, count: 512)
        let whole = size >= 512 && pread(file, &block, 512, off_t(size - 512)) == 512
        if !whole || block.contains(where: { $0 != 0 }) {
            throw .source(path: path, problem: "is no tar archive, or is cut short: it does not end as one does")
        }
    }

    /// Packs a directory by tar and unpacks it again: hard links, owners, times and extended attributes come along.
    private func copy(_ path: String) throws(ImageStoreError) -> [String] {
        let directory: OwnedDescriptor
        do throws(Errno) {
            directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            throw .source(path: path, problem: error.description)
        }
        var ends: [CInt] = [-1, -1]
        try attempt("make a pipe for", path) { () throws(Errno) in try retrying { pipe2(&ends, O_CLOEXEC) } }
        let reading = OwnedDescriptor(adopting: ends[0])
        let packer = try pack("/proc/self/fd/\(directory.rawValue)", directory, to: OwnedDescriptor(adopting: ends[1]))
        let warnings = try unpack(from: reading.rawValue, nil, path)
        var status: CInt = 0
        try attempt("wait for tar", path) { () throws(Errno) in try retrying { waitpid(packer, &status, 0) } }
        guard clinux_exit_code(status) == 0 else {
            throw .source(path: path, problem: "tar could not read all of it (status \(clinux_exit_code(status)))")
        }
        return warnings
    }

    private func pack(
        _ path: String, _ directory: borrowing OwnedDescriptor, to output: consuming OwnedDescriptor
    ) throws(ImageStoreError) -> pid_t {
        let arguments = [
            "tar", "--create", "--file=-", "--directory=/proc/self/fd/0", "--numeric-owner", "--xattrs",
            "--xattrs-include=*",
            "--one-file-system", "--sort=name", "--warning=no-file-ignored", ".",
        ]
        var pid: pid_t = 0
        let input = directory.rawValue
        let error = HostProgram.withArguments(arguments) {
            clinux_spawn_filter("/usr/bin/tar", $0, input, output.rawValue, -1, &pid)
        }
        if error != 0 { throw .system(action: "start", object: "/usr/bin/tar", errno: Errno(error)) }
        return pid
    }

    private func unpack(from input: CInt, _ compression: Compression?, _ name: String) throws(ImageStoreError)
        -> [String]
    {
        var ends: [CInt] = [-1, -1]
        try attempt("make a pipe for", name) { () throws(Errno) in try retrying { pipe2(&ends, O_CLOEXEC) } }
        let messages = OwnedDescriptor(adopting: ends[0])
        let container = try launch(input, compression, errors: OwnedDescriptor(adopting: ends[1]))
        let bytes = try attempt("read from tar", name) { () throws(Errno) in try messages.readAll(limit: 16 << 20) }
        let status = try attempt("wait for tar", name) { () throws(Errno) in try container.wait().status }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        // Devices are left out on purpose; everything else that tar complains about is an error.
        let devices = lines.filter { $0.contains("Cannot mknod") }
        let others = lines.filter {
            !$0.contains("Cannot mknod") && !$0.contains("previous errors") && !$0.contains("Removing leading")
        }
        if status == .exited(code: 0) || (status == .exited(code: 2) && others.isEmpty && !devices.isEmpty) {
            return devices.map { "left out a device: \($0)" }
        }
        throw .source(path: name, problem: "tar could not unpack it: \(others.first ?? devices.first ?? "\(status)")")
    }

    private func launch(
        _ input: CInt, _ compression: Compression?, errors: consuming OwnedDescriptor
    ) throws(ImageStoreError) -> RunningContainer {
        var spec = ContainerSpec()
        spec.arguments = Self.unpack + (compression.map { ["--\($0.rawValue)"] } ?? []) + ["--file=-"]
        spec.environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
        spec.capabilities = .unpacking
        spec.noNewPrivileges = true
        spec.standardInput = input
        spec.standardOutput = errors.rawValue
        spec.standardError = errors.rawValue
        spec.hostname = "import"
        spec.root.layers = ["/"]
        spec.root.stagingDirectory = staging
        spec.root.upperSizeBytes = 1 << 20
        spec.mounts = [BindMount(source: target, destination: "/mnt")]
        do throws(LaunchError) {
            return try spec.launch(in: .writeTasks([]))
        } catch {
            throw .source(path: "tar", problem: error.description)
        }
    }
}

/// How an archive is compressed, by its first bytes.
enum Compression: String {
    case gzip, xz, zstd

    init?(of file: CInt, _ path: String) throws(ImageStoreError) {
        var head = [UInt8](repeating: 0, count: 6)
        let count = pread(file, &head, 6, 0)
        guard count >= 0 else { throw .system(action: "read", object: path, errno: .current) }
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
