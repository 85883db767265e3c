// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Synchronization

/// Fetches the layers of one image, several at once: the calling thread and others take one after the other.
///
/// The first error ends all.
final class LayerDownload: Sendable {
    /// Nothing of it is collected while this lives.
    let blobs: BlobStore
    private let layers: [PullProgress.Blob]
    private let session: RegistrySession
    private let abort: PullCancellation
    private let progress: @Sendable (PullProgress) -> Void
    private let state = Mutex(State())

    private struct State {
        var next = 0
        /// Layers that other threads are at.
        var helping = 0
        var error: RegistryError?
    }

    init(
        _ layers: [PullProgress.Blob], session: RegistrySession, blobs: consuming BlobStore, abort: PullCancellation,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) {
        self.layers = layers
        self.session = session
        self.blobs = blobs
        self.abort = abort
        self.progress = progress
    }

    /// Fetches all; returns when no thread is at it any more.
    func run(parallel: Int) throws(RegistryError) {
        let finished = try attemptHost("the layers", "make an event for them") { () throws(Errno) in try FinishedEvent()
        }
        // Where no thread can be made, this one does it all.
        for _ in 1..<max(1, min(parallel, layers.count)) {
            startThread { [self] in
                while let layer = take(helping: true) {
                    fetch(layer)
                    state.withLock { $0.helping -= 1 }
                    finished.tell()
                }
            }
        }
        while let layer = take(helping: false) { fetch(layer) }
        while state.withLock({ $0.helping > 0 }) {
            try attemptHost("the layers", "wait for them") { () throws(Errno) in try finished.wait() }
        }
        if let error = state.withLock({ $0.error }) { throw error }
    }

    private func take(helping: Bool) -> PullProgress.Blob? {
        state.withLock { state in
            guard state.error == nil, state.next < layers.count else { return nil }
            if helping { state.helping += 1 }
            state.next += 1
            return layers[state.next - 1]
        }
    }

    private func fetch(_ layer: PullProgress.Blob) {
        do throws(RegistryError) {
            try session.fetch(layer, into: blobs) { progress(.layer(layer, $0)) }
        } catch {
            state.withLock { if $0.error == nil { $0.error = error } }
            abort.cancel()
        }
    }
}

/// What threads tell one that waits that they have finished something.
private final class FinishedEvent: Sendable {
    private let event: OwnedDescriptor

    init() throws(Errno) { event = OwnedDescriptor(adopting: try retrying { eventfd(0, CInt(EFD_CLOEXEC)) }) }

    func tell() {
        // It can only be full when there is something to read, too.
        var one: UInt64 = 1
        _ = CLinux.write(event.rawValue, &one, MemoryLayout<UInt64>.size)
    }

    /// Until one has told since the last time.
    func wait() throws(Errno) {
        var count: UInt64 = 0
        let descriptor = event.rawValue
        try retrying { CLinux.read(descriptor, &count, MemoryLayout<UInt64>.size) }
    }
}
