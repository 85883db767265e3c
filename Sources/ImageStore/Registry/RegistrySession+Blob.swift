// SPDX-License-Identifier: Apache-2.0

import OCI

extension RegistrySession {
    /// Has a blob in the store: fetches what is missing of it, unless another does so.
    ///
    /// - Parameter tell: how it goes.
    /// - Throws: what can't be helped by trying again. What has arrived is kept, unless it is wrong.
    func fetch(
        _ blob: PullProgress.Blob, into store: borrowing BlobStore, _ tell: (PullProgress.State) -> Void
    ) throws(RegistryError) {
        var mayBeStale = true
        while true {
            switch try begin(blob, in: store, tell) {
            case .present: return tell(.present)
            case .writing(var writer):
                let isResumed = writer.offset > 0
                try fill(&writer, tell)
                do throws(ImageStoreError) {
                    try writer.commit()
                    return tell(.done)
                } catch {
                    // What was there from an earlier pull may have been the wrong part: it is gone now.
                    guard case .source = error, isResumed, mayBeStale else { throw Self.storeError(error) }
                    mayBeStale = false
                }
            }
        }
    }

    /// Waits while another pull fetches it.
    private func begin(
        _ blob: PullProgress.Blob, in store: borrowing BlobStore, _ tell: (PullProgress.State) -> Void
    ) throws(RegistryError) -> BlobStore.Begun {
        var isFirst = true
        while true {
            let begun = try attemptStore { () throws(ImageStoreError) in
                try store.beginUnlessBusy(blob.digest, size: blob.size)
            }
            if let begun { return begun }
            if isFirst { tell(.waiting) }
            isFirst = false
            // A lock that can be cancelled isn't to be had; this costs nothing while nobody waits.
            guard context.cancellation.waits(for: -1, milliseconds: 50) else {
                throw RegistryError(.cancelled, "\(blob.digest)", "the pull was ended")
            }
        }
    }

    /// Fetches until all bytes are there. Every try that brings some is a new beginning.
    private func fill(
        _ writer: inout BlobWriter, _ tell: (PullProgress.State) -> Void
    ) throws(RegistryError) {
        var failures = 0
        tell(.fetching(writer.offset))
        while writer.offset < writer.size {
            let before = writer.offset
            do throws(RegistryError) {
                try fillOnce(&writer, tell)
                guard writer.offset == writer.size else {
                    throw RegistryError(
                        .unreachable, "\(endpoint.authority)", "stopped after \(writer.offset) of \(writer.size) bytes")
                }
            } catch {
                failures = writer.offset > before ? 1 : failures + 1
                guard error.isTransient else { throw error }
                tell(.retrying(error))
                try context.wait(after: error, failures: failures)
            }
        }
    }

    private func fillOnce(
        _ writer: inout BlobWriter, _ tell: (PullProgress.State) -> Void
    ) throws(RegistryError) {
        let answer = try get("blobs/\(writer.digest)", first: writer.offset)
        let place = answer.transfer.address.shown
        /// How much of what comes is here already.
        var known: Int64 = 0
        switch answer.head.status {
        case 206:
            guard let range = answer.head.range, range.first == writer.offset,
                range.whole.map({ $0 == writer.size }) ?? true
            else { throw RegistryError(.wrongAnswer, place, "sent another part than it was asked for") }
        case 416:
            try attemptStore { () throws(ImageStoreError) in try writer.restart() }
            throw RegistryError(.failing, place, "refused to go on in the middle")
        default:
            if let length = answer.head.length, length != writer.size {
                throw RegistryError(
                    .wrongAnswer, place, "has \(length) bytes, where the manifest says \(writer.size)")
            }
            known = writer.offset
        }
        while let piece = try answer.transfer.next() {
            let skipped = Int(min(known, Int64(piece.count)))
            known -= Int64(skipped)
            guard skipped < piece.count else { continue }
            let fresh = UnsafeRawBufferPointer(rebasing: piece[skipped...])
            try attemptStore { () throws(ImageStoreError) in try writer.append(fresh) }
            tell(.fetching(writer.offset))
        }
    }

    /// The store's errors, with who is to blame: what it finds wrong with content came from the registry.
    static func storeError(_ error: ImageStoreError) -> RegistryError {
        switch error {
        case .source(let path, let problem): RegistryError(.wrongAnswer, path, problem)
        default: RegistryError(.store, "the image store", "\(error)")
        }
    }
}

@discardableResult
func attemptStore<Result: ~Copyable>(
    _ body: () throws(ImageStoreError) -> Result
) throws(RegistryError) -> Result {
    do throws(ImageStoreError) {
        return try body()
    } catch {
        throw RegistrySession.storeError(error)
    }
}
