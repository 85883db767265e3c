// SPDX-License-Identifier: Apache-2.0

package import CLaunch
import CLinux

/// The table of steps of one launch, with the C strings it points to.
public struct LaunchSteps: ~Copyable {
    package private(set) var ops: [launch_op] = []
    private var strings: [UnsafeMutablePointer<CChar>] = []

    package init() { ops.reserveCapacity(96) }

    deinit { for string in strings { free(string) } }

    /// Holds the texts up to here: what points to them doesn't.
    func keep() {}

    /// A bind mount that is made at its turn.
    ///
    /// - Parameters:
    ///   - source: absolute; the rest of `bind` is the caller's.
    ///   - mode: `enum launch_place`.
    package mutating func add(bind: launch_bind, from source: String, to path: String, mode: UInt32) {
        var bind = bind
        bind.source = string(source)
        add(LAUNCH_BIND_FROM, path, structure: withUnsafeBytes(of: bind) { Array($0) }, mode: mode)
    }

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

    /// A copy of bytes that lives as long as the table.
    private mutating func bytes(_ bytes: [UInt8]) -> UnsafePointer<CChar> {
        guard let copy = malloc(max(bytes.count, 1)) else { fatalError("out of memory") }
        bytes.withUnsafeBytes { if let start = $0.baseAddress { copy.copyMemory(from: start, byteCount: $0.count) } }
        let pointer = copy.assumingMemoryBound(to: CChar.self)
        strings.append(pointer)
        return UnsafePointer(pointer)
    }

    /// A step that reads a structure at `b`.
    package mutating func add(
        _ step: launch_step, _ path: String?, structure: [UInt8], mode: UInt32 = 0, flags: UInt64 = 0, value: UInt64 = 0
    ) {
        var op = launch_op()
        op.step = step.rawValue
        op.mode = mode
        op.fd = -1
        op.a = path.map { string($0) }
        op.b = bytes(structure)
        op.flags = flags
        op.value = value
        ops.append(op)
    }

    /// A program that the process itself runs, and waits for.
    package mutating func add(_ hook: HookRun) {
        add(LAUNCH_HOOK, hook.path, structure: withUnsafeBytes(of: structure(of: hook)) { Array($0) })
    }

    /// Points into the table.
    mutating func structure(of hook: HookRun) -> launch_hook {
        launch_hook(
            path: string(hook.path), arguments: table(hook.arguments), environment: table(hook.environment),
            state: string(hook.state), timeout: hook.timeout, process: hook.process ?? -1, namespaces: hook.namespaces)
    }

    private mutating func table(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
        let pointers = array(texts)
        let table = bytes(pointers.withUnsafeBytes { Array($0) })
        return UnsafeRawPointer(table).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }

    /// - Parameter path: what the step acts on; an error names it.
    package mutating func add(
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
    package mutating func mount(_ type: String, on path: String, flags: CUnsignedLong, options: String? = nil) {
        add(LAUNCH_MOUNT, path, type, type, options, flags: UInt64(flags))
    }

    /// What the failed op acted on, as a person would name it.
    func object(at index: Int) -> String {
        guard ops.indices.contains(index) else { return "" }
        if ops[index].step == LAUNCH_OOM_SCORE.rawValue { return ops[index].b.map { String(cString: $0) } ?? "" }
        return ops[index].a.map { String(cString: $0) } ?? ""
    }
}
