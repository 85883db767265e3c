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
        return try images.changing { images throws(ImageStoreError) in
            if let record = try images.record(reference) { return record }
            let (digest, size) = try images.addLayer { root, place throws(ImageStoreError) in try fill(root, place) }
            var record = ImageRecord(reference: reference.description, id: digest)
            record.sizeBytes = size
            record.created = Int64(time(nil))
            record.configuration.command = ["sh"]
            record.configuration.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
            try images.write(record)
            return record
        }
    }

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
            let bin = try root.open("bin", O_RDONLY | O_DIRECTORY)
            let bytes = try OwnedDescriptor.open(executable, O_RDONLY).readAll(limit: 64 << 20)
            let file = try bin.open("busybox", O_WRONLY | O_CREAT | O_EXCL, mode: 0o755)
            try file.writeAll(bytes)
            try retrying { fchmod(file.rawValue, 0o755) }
            for applet in applets where applet != "busybox" {
                try retrying { symlinkat("busybox", bin.rawValue, applet) }
            }
            let etc = try root.open("etc", O_RDONLY | O_DIRECTORY)
            for (name, text) in [
                ("passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"),
                ("group", "root:x:0:\nnogroup:x:65534:\n"),
            ] {
                try etc.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644).writeAll(Array(text.utf8))
            }
        }
    }

    /// `busybox --list`.
    private static func applets() throws(ImageStoreError) -> [String] {
        let output = try HostProgram.output(of: executable, ["busybox", "--list"])
        let names = output.split(separator: "\n").map(String.init)
        guard names.contains("sh"), names.allSatisfy({ !$0.contains("/") && !$0.isEmpty }) else {
            throw .source(path: executable, problem: "does not say which applets it has")
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

/// A program of the host, run to its end.
enum HostProgram {
    /// What it writes to standard output.
    ///
    /// - Throws: when it can't be started, or ends with another status than 0.
    static func output(of path: String, _ arguments: [String]) throws(ImageStoreError) -> String {
        var ends: [CInt] = [-1, -1]
        try attempt("make a pipe for", path) { () throws(Errno) in try retrying { pipe2(&ends, O_CLOEXEC) } }
        let reading = OwnedDescriptor(adopting: ends[0])
        let pid = try start(path, arguments, output: OwnedDescriptor(adopting: ends[1]))
        let bytes = try attempt("read from", path) { () throws(Errno) in try reading.readAll(limit: 1 << 20) }
        var status: CInt = 0
        try attempt("wait for", path) { () throws(Errno) in try retrying { waitpid(pid, &status, 0) } }
        guard clinux_exit_code(status) == 0 else {
            throw .source(path: path, problem: "ended with status \(clinux_exit_code(status))")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func start(
        _ path: String, _ arguments: [String], output: consuming OwnedDescriptor
    ) throws(ImageStoreError) -> pid_t {
        var pid: pid_t = 0
        let error = withArguments(arguments) { clinux_spawn_filter(path, $0, -1, output.rawValue, -1, &pid) }
        if error != 0 { throw .system(action: "start", object: path, errno: Errno(error)) }
        return pid
    }

    /// `body` with a null-terminated array of C strings.
    static func withArguments<Result>(
        _ arguments: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}
