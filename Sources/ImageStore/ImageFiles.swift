// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

extension StoredImage {
    /// A file of the image, as an overlay of its layers shows it: nil when there is none, or something else than a
    /// regular file: a FIFO would hang us, a device would act.
    ///
    /// Every step is taken from a descriptor and follows no link by the kernel's hand, so no link of the image leads out
    /// of it.
    ///
    /// - Parameters:
    ///   - file: an absolute path in the image.
    ///   - limit: in bytes; more is an error.
    public func contents(of file: String, limit: Int = 1 << 20) throws(ImageStoreError) -> [UInt8]? {
        let root = try attempt("open", layers.first ?? "/") { () throws(Errno) in try OverlaidDirectory(layers) }
        return try attempt("read", "\(layers.first ?? "")\(file)") { () throws(Errno) in
            var left = Array(file.pathParts.map(String.init).reversed())
            var here = [root]
            var links = 0
            while let name = left.popLast() {
                if name == "." { continue }
                if name == ".." {
                    if here.count > 1 { here.removeLast() }
                    continue
                }
                switch try here[here.count - 1].entry(name) {
                case .none: return nil
                case .directory(let directory): here.append(directory)
                case .link(let target):
                    links += 1
                    guard links <= 40 else { throw Errno(ELOOP) }
                    if target.isAbsolutePath { here = [root] }
                    left += target.pathParts.map(String.init).reversed()
                case .file(let found):
                    guard left.isEmpty else { return nil }
                    return try found.read(limit: limit)
                case .other: return nil
                }
            }
            return nil
        }
    }
}

/// One directory of an overlay: those of its layers that show through. See overlayfs in the kernel's documentation.
private final class OverlaidDirectory {
    /// The uppermost first.
    private var parts: [OpenedFile]

    enum Entry {
        case directory(OverlaidDirectory)
        case file(OpenedFile)
        case link(String)
        /// A device, FIFO or socket.
        case other
    }

    private init(parts: [OpenedFile]) { self.parts = parts }

    convenience init(_ layers: [String]) throws(Errno) {
        var parts: [OpenedFile] = []
        for layer in layers { parts.append(try OpenedFile(try OwnedDescriptor.open(layer, O_PATH | O_DIRECTORY))) }
        self.init(parts: parts)
    }

    /// nil when no layer has it, or an upper one took it away.
    func entry(_ name: String) throws(Errno) -> Entry? {
        var directories: [OpenedFile] = []
        loop: for part in parts {
            guard let found = try part.open(name) else { continue }
            switch found.kind {
            case S_IFDIR:
                directories.append(found)
                if found.isOpaque { break loop }
            case _ where !directories.isEmpty: break loop
            // A whiteout: this layer says that it is gone.
            case S_IFCHR where found.device == 0: return nil
            case S_IFLNK: return .link(try found.target())
            case S_IFREG: return .file(found)
            default: return .other
            }
        }
        return directories.isEmpty ? nil : .directory(OverlaidDirectory(parts: directories))
    }
}

/// Something of a layer that is held by an `O_PATH` descriptor.
private final class OpenedFile {
    private let descriptor: OwnedDescriptor
    let kind: CInt
    let device: dev_t

    init(_ descriptor: consuming OwnedDescriptor) throws(Errno) {
        var status = stat()
        let number = descriptor.rawValue
        try retrying { fstat(number, &status) }
        kind = CInt(status.st_mode) & S_IFMT
        device = status.st_rdev
        self.descriptor = descriptor
    }

    /// What has this name here, itself when it is a link; nil when nothing has.
    func open(_ name: String) throws(Errno) -> OpenedFile? {
        do throws(Errno) {
            return try OpenedFile(try descriptor.open(name, O_PATH))
        } catch {
            if error == ENOENT || error == ENAMETOOLONG { return nil }
            throw error
        }
    }

    /// Whether nothing of the layers below shows through this directory.
    var isOpaque: Bool {
        var value: UInt8 = 0
        let path = "/proc/self/fd/\(descriptor.rawValue)"
        return getxattr(path, "trusted.overlay.opaque", &value, 1) == 1 && value == UInt8(ascii: "y")
    }

    func target() throws(Errno) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let link = descriptor.rawValue
        let count = try retrying { readlinkat(link, "", &buffer, buffer.count) }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The content of a regular file: which it is was seen on this very descriptor.
    func read(limit: Int) throws(Errno) -> [UInt8] {
        try OwnedDescriptor.open("/proc/self/fd/\(descriptor.rawValue)", O_RDONLY | O_NONBLOCK).readAll(limit: limit)
    }
}
