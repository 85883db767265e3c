// SPDX-License-Identifier: Apache-2.0

import CArchive
import CLinux
import Linux

/// The program that unpacks one tar archive from its standard input, compressed or not, into its root directory. It is
/// closed in by its caller, for whom it writes what `Report` says to its standard output.
///
///     UNPACK="layer|tree BYTES ENTRIES DEPTH" berth-unpack
///
/// A layer has whiteouts, which become those of overlayfs; in a tree such names are names. The numbers are the most that
/// the archive may hold. It comes by the environment, since Swift reads arguments from /proc, which isn't there; for the
/// same reason `SWIFT_ROOT` must be set.
public enum LayerUnpacking {
    /// - Returns: the exit status: 0 when all was unpacked, 1 when the archive was given up, which the report tells.
    public static func run() -> CInt {
        let report = Report(descriptor: 1)
        let words = getenv("UNPACK").map { String(cString: $0).split(separator: " ") } ?? []
        guard words.count == 4, ["layer", "tree"].contains(words[0]), let bytes = Int64(words[1]),
            let entries = Int64(words[2]), let depth = Int(words[3])
        else {
            report.failed("berth-unpack is started by berth, and not by hand")
            return 2
        }
        umask(0)
        let limits = UnpackingLimits(bytes: bytes, entries: entries, depth: depth)
        do throws(UnpackingError) {
            try unpack(isLayer: words[0] == "layer", limits, report)
            return 0
        } catch {
            report.failed(error.description)
            return 1
        }
    }

    private static func unpack(
        isLayer: Bool, _ limits: UnpackingLimits, _ report: Report
    ) throws(UnpackingError) {
        let stream = try UncompressedStream(descriptor: 0, limits: limits, report: report)
        let root = clinux_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard root >= 0 else { throw .system("open", "/", .current) }
        let extraction = try Extraction(root: root, isLayer: isLayer, limits: limits, report: report)
        let reader = try ArchiveReader(stream)
        while let entry = try reader.next() { try extraction.add(entry, reader) }
        try extraction.finish()
        let end = try stream.finish()
        // A layer's hash tells whether it is whole.
        if !isLayer, !end.isComplete, extraction.entries > 0 {
            throw .archive("it is cut short: it does not end as a tar archive does")
        }
        report.done(hash: end.hash, bytes: extraction.bytes, entries: extraction.entries)
    }
}

struct UnpackingLimits {
    /// Of all files, holes included.
    var bytes: Int64
    /// Files, directories and links.
    var entries: Int64
    /// Directories in one another.
    var depth: Int

    /// Of the uncompressed archive: what its files and headers can be, and some more.
    var streamBytes: Int64 {
        let headers = entries.multipliedReportingOverflow(by: 4096)
        let sum = bytes.addingReportingOverflow(headers.overflow ? .max : headers.partialValue)
        return sum.overflow ? .max : max(sum.partialValue, 64 << 20)
    }
}
