// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux

/// The table of steps of one launch, with the C strings it points to.
struct LaunchSteps: ~Copyable {
    private(set) var ops: [launch_op] = []
    private var strings: [UnsafeMutablePointer<CChar>] = []

    init() { ops.reserveCapacity(96) }

    deinit { for string in strings { free(string) } }

    /// A C string that lives as long as the table.
    mutating func string(_ text: String) -> UnsafePointer<CChar> {
        guard let copy = strdup(text) else { fatalError("out of memory") }
        strings.append(copy)
        return UnsafePointer(copy)
    }

    /// A null-terminated array of C strings that live as long as the table.
    mutating func array(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var pointers: [UnsafeMutablePointer<CChar>?] = []
        pointers.reserveCapacity(texts.count + 1)
        for text in texts { pointers.append(UnsafeMutablePointer(mutating: string(text))) }
        pointers.append(nil)
        return pointers
    }

    /// - Parameter path: what the step acts on; an error names it.
    mutating func add(
        _ step: launch_step, _ path: String? = nil, _ b: String? = nil, _ c: String? = nil, _ d: String? = nil,
        mode: UInt32 = 0, descriptor: CInt = -1, flags: UInt64 = 0, value: UInt64 = 0
    ) {
        var op = launch_op()
        op.step = step.rawValue
        op.mode = mode
        op.fd = descriptor
        op.a = path.map { string($0) }
        op.b = b.map { string($0) }
        op.c = c.map { string($0) }
        op.d = d.map { string($0) }
        op.flags = flags
        op.value = value
        ops.append(op)
    }

    /// Mounts a file system of its own.
    mutating func mount(_ type: String, on path: String, flags: CUnsignedLong, options: String? = nil) {
        add(LAUNCH_MOUNT, path, type, type, options, flags: UInt64(flags))
    }

    /// What the failed op acted on, as a person would name it.
    func object(at index: Int) -> String {
        guard ops.indices.contains(index) else { return "" }
        if ops[index].step == LAUNCH_OOM_SCORE.rawValue { return ops[index].b.map { String(cString: $0) } ?? "" }
        return ops[index].a.map { String(cString: $0) } ?? ""
    }
}
