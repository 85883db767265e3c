// SPDX-License-Identifier: Apache-2.0

import CLinux
package import ImageStore
import Linux
package import OCI
import Synchronization

/// Where a run gets the images that aren't here.
package struct PullSettings: Sendable {
    /// What `/etc/berth/registries.yaml` says.
    package var registries = RegistrySettings()
    /// The user's, for the files with credentials and the proxies that it names.
    package var environment: [String: String] = [:]
    /// How often an image is tried whose registry can't be reached or fails, before its pods are given up.
    package var attempts = 5

    package init() {}
}

/// Brings images to this machine while the run goes on: each pull is a thread of its own.
final class ImagePuller: Sendable {
    /// What became of a pull.
    struct Finished: Sendable {
        var name: String
        var result: Result<Pulled, RegistryError>
    }

    struct Pulled: Sendable {
        var took: Duration
        var sizeBytes: Int64
        var warnings: [String]
    }

    let settings: PullSettings
    private let stateDirectory: String
    /// Readable when something has finished.
    let event: OwnedDescriptor
    private let cancellation: PullCancellation
    private let finished = Mutex<[Finished]>([])

    init(_ settings: PullSettings, stateDirectory: String) throws(Errno) {
        self.settings = settings
        self.stateDirectory = stateDirectory
        event = OwnedDescriptor(adopting: try retrying { eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)) })
        cancellation = try PullCancellation()
    }

    /// Begins a pull. Its end comes by `event`.
    func start(_ name: String) {
        startThread { [self] in
            let began = ContinuousClock.now
            let result: Result<Pulled, RegistryError>
            do throws(RegistryError) {
                let pull = ImagePull(
                    stateDirectory: stateDirectory, settings: settings, cancellation: cancellation)
                let image = try pull.run(name)
                result = .success(
                    Pulled(
                        took: ContinuousClock.now - began, sizeBytes: image.image.sizeBytes, warnings: image.warnings))
            } catch {
                result = .failure(error)
            }
            finished.withLock { $0.append(Finished(name: name, result: result)) }
            // That the counter is full means that it is readable.
            var one: UInt64 = 1
            _ = write(event.rawValue, &one, MemoryLayout<UInt64>.size)
        }
    }

    /// What has finished since the last time.
    func takeFinished() -> [Finished] {
        var count: UInt64 = 0
        _ = read(event.rawValue, &count, MemoryLayout<UInt64>.size)
        return finished.withLock { list in
            defer { list = [] }
            return list
        }
    }

    /// Ends what is going on. What has come is kept for the next time.
    func cancel() { cancellation.cancel() }
}

/// One image from a registry into the store, under the name that people write.
package struct ImagePull {
    private let stateDirectory: String
    private let settings: PullSettings
    private let cancellation: PullCancellation
    /// See `RegistryPull`.
    package var progress: @Sendable (PullProgress) -> Void = { _ in }
    package var platform: Platform?

    package init(
        stateDirectory: String, settings: PullSettings, cancellation: PullCancellation
    ) {
        self.stateDirectory = stateDirectory
        self.settings = settings
        self.cancellation = cancellation
    }

    /// Pulls it from the first place that has it, unpacks it, and gives it the name that was asked for.
    ///
    /// - Parameter name: as people write it, see `RegistrySettings.candidates`.
    /// - Returns: what it is now, and what was left out.
    package func run(_ name: String) throws(RegistryError) -> (image: ImageSummary, warnings: [String]) {
        let candidates: [ImageReference]
        do throws(ImageReference.ParseError) {
            candidates = try settings.registries.candidates(for: name)
        } catch {
            throw RegistryError(.configuration, name, "\(error)")
        }
        let credentials = try RegistryCredentials.ofUser(environment: settings.environment)
        var absent: [RegistryError] = []
        for reference in candidates {
            do throws(RegistryError) {
                return try pull(reference, credentials, as: name)
            } catch {
                guard error.reason == .notFound || error.reason == .denied, candidates.count > 1 else { throw error }
                absent.append(error)
            }
        }
        throw RegistryError(.notFound, name, absent.map(\.description).joined(separator: "; "))
    }

    private func pull(
        _ reference: ImageReference, _ credentials: RegistryCredentials, as name: String
    ) throws(RegistryError) -> (image: ImageSummary, warnings: [String]) {
        let pulled = try RegistryPull(
            reference: reference, as: name, platform: platform, settings: settings.registries,
            credentials: credentials, images: try opened(), environment: settings.environment,
            cancellation: cancellation, progress: progress
        ).run()
        return (pulled.image, pulled.warnings)
    }

    private func opened() throws(RegistryError) -> LocalImages {
        do throws(ImageStoreError) {
            return try LocalImages(stateDirectory: stateDirectory)
        } catch {
            throw RegistryError(.store, "the image store", "\(error)")
        }
    }
}
