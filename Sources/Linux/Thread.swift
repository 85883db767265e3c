// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Runs `body` on a thread of its own that takes no signals and that nobody waits for. See `pthread_create(3)`.
///
/// When no thread can be made, nothing is done: only for work that would be done later anyway.
public func startThread(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(body))
    var before = sigset_t()
    clinux_block_signals(&before)
    defer { clinux_restore_signals(&before) }
    var thread = pthread_t()
    let error = pthread_create(
        &thread, nil,
        { argument in
            Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    if error == 0 { pthread_detach(thread) } else { box.release() }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
