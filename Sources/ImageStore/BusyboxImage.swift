// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The image that is always there: the host's static busybox with a link for each of its applets.
enum BusyboxImage {
    static let reference = try! ImageReference("busybox")  // a constant that parses
    private static let executable = "/bin/busybox"

    /// Makes it. nil when the host has no busybox, or one that needs libraries.
    static func make(in images: borrowing LocalImages) throws(ImageStoreError) -> ImageRecord? {
        guard access(executable, X_OK) == 0, try isStatic() else { return nil }
        var record = ImageRecord(reference: reference.description, id: "")
        record.created = Int64(time(nil))
        record.configuration.command = ["sh"]
        record.configuration.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        try images.addLayer(record, limits: ImportLimits(), replacing: false) { root, place throws(ImageStoreError) in
            try fill(root, place)
        }
        return try images.record(reference)
    }

    /// The same files as `rootfs/busybox` makes, with the same modes and times.
    private static func fill(_ root: borrowing OwnedDescriptor, _ place: String) throws(ImageStoreError) {
        let applets = try self.applets()
        try attempt("write", place) { () throws(Errno) in
            for (name, mode) in [
                ("bin", 0o755), ("dev", 0o755), ("etc", 0o755), ("home", 0o755), ("proc", 0o555), ("root", 0o700),
                ("sys", 0o555),
                ("tmp", 0o1777), ("var", 0o755),
            ] as [(String, mode_t)] {
                try root.makeDirectory(name, mode: mode)
                try retrying { fchmodat(root.rawValue, name, mode, 0) }
            }
            let source = try OwnedDescriptor.open(executable, O_RDONLY)
            var status = stat()
            try retrying { fstat(source.rawValue, &status) }
            let times = [status.st_mtim, status.st_mtim]
            let bin = try root.open("bin", O_RDONLY | O_DIRECTORY)
            try bin.addFile("busybox", try source.readAll(limit: 64 << 20), mode: 0o755, times)
            for applet in applets where applet != "busybox" {
                try retrying { symlinkat("busybox", bin.rawValue, applet) }
                try retrying { utimensat(bin.rawValue, applet, times, AT_SYMLINK_NOFOLLOW) }
            }
            let etc = try root.open("etc", O_RDONLY | O_DIRECTORY)
            let users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"
            try etc.addFile("passwd", Array(users.utf8), mode: 0o644, times)
            try etc.addFile("group", Array("root:x:0:\nnogroup:x:65534:\n".utf8), mode: 0o644, times)
        }
    }

    /// `busybox --list`.
    private static func applets() throws(ImageStoreError) -> [String] {
        let output = try HostProgram.output(of: executable, ["busybox", "--list"])
        let names = output.split(separator: "\n").map(String.init)
        guard names.contains("sh"), names.allSatisfy({ !$0.contains("/") && !$0.isEmpty }) else {
            throw .host(object: executable, problem: "does not say which applets it has")
        }
        return names
    }

    /// No program interpreter among the first program headers. See `elf(5)`.
    private static func isStatic() throws(ImageStoreError) -> Bool {
        let bytes = try attempt("read", executable) { () throws(Errno) in
            let file = try OwnedDescriptor.open(executable, O_RDONLY)
            let head = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
            defer { head.deallocate() }
            let count = try file.read(into: head)
            return Array(head[..<count])
        }
        guard bytes.count >= 64, Array(bytes[0..<5]) == [0x7f, 0x45, 0x4c, 0x46, 2] else { return false }
        func number(_ offset: Int, _ width: Int) -> Int {
            (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let start = number(32, 4)
        let size = number(54, 2)
        let count = number(56, 2)
        guard start + size * count <= bytes.count else { return false }
        return !(0..<count).contains { number(start + $0 * size, 4) == 3 }
    }
}

extension OwnedDescriptor {
    /// - Parameter times: of access and of change.
    fileprivate borrowing func addFile(
        _ name: String, _ bytes: [UInt8], mode: mode_t, _ times: [timespec]
    ) throws(Errno) {
        let file = try open(name, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        try file.writeAll(bytes)
        try retrying { fchmod(file.rawValue, mode) }
        try retrying { futimens(file.rawValue, times) }
    }
}
