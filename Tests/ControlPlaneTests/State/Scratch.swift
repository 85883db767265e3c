// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Synchronization

/// A directory of one test, removed at its end.
struct Scratch: ~Copyable {
    let path: String
    private let name: String

    private static let counter = Atomic(0)

    init() throws {
        name = "berth-control-\(getpid())-\(Scratch.counter.add(1, ordering: .relaxed).newValue)"
        path = "/tmp/" + name
        try retrying { [path] in mkdir(path, 0o700) }
    }

    deinit {
        do {
            try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY).removeTree(name)
        } catch {
            print("cannot remove \(path): \(error)")
        }
    }

    func write(_ name: String, _ text: String) throws {
        try OwnedDescriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).write(text)
    }

    /// The names in a directory below it, sorted.
    func names(_ below: String = ".") throws -> [String] {
        try OwnedDescriptor.open("\(path)/\(below)", O_RDONLY | O_DIRECTORY).names().sorted()
    }
}
