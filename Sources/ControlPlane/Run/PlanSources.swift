// SPDX-License-Identifier: Apache-2.0

import ImageStore
import Linux
import PodPlanning
import Sandbox
import Seccomp

extension Run.PlanSources {
    /// The image store and the local seccomp profiles below `stateDirectory`.
    init(stateDirectory: String) {
        let store = UsedImages(stateDirectory: stateDirectory)
        images = ImageSource { reference throws(ImageSource.Failure) in try store.find(reference) }
        filters = FilterSource(profiles: LocalProfiles(directory: stateDirectory + "/seccomp"), cache: Self.filterCache)
    }

    private static let filterCache = SeccompCache()

    /// Compiles the filter that nearly every pod has, beside whatever the caller does next. It takes one to two
    /// milliseconds, a tenth of a short run.
    package static func compileFiltersAhead() {
        startThread {
            // What fails here fails again, and is told, when a pod is planned.
            _ = try? filterCache.program(for: .runtimeDefault, capabilities: CapabilitySet.standard.rawValue)
        }
    }
}

/// The image store, opened at the first look and held for use from then on: nothing that a pod runs from is removed.
private final class UsedImages {
    private final class Opened {
        let images: LocalImages
        private let use: HeldLock

        init(stateDirectory: String) throws(ImageStoreError) {
            let images = try LocalImages(stateDirectory: stateDirectory)
            use = try images.holdForUse()
            self.images = images
        }
    }

    private let stateDirectory: String
    private var opened: Opened?

    init(stateDirectory: String) { self.stateDirectory = stateDirectory }

    private func openedOnce() throws(ImageStoreError) -> Opened {
        if let opened { return opened }
        let opened = try Opened(stateDirectory: stateDirectory)
        self.opened = opened
        return opened
    }

    func find(_ reference: String) throws(ImageSource.Failure) -> ImageFinding {
        do throws(ImageStoreError) {
            guard let image = try openedOnce().images.resolve(reference) else { return .absent }
            let accounts = Accounts(
                passwd: try image.contents(of: "/etc/passwd"), group: try image.contents(of: "/etc/group"))
            return .present(image, accounts)
        } catch {
            if case .reference(let problem) = error {
                throw .invalidName(
                    "Failed to apply default image tag \"\(reference)\": "
                        + "couldn't parse image name \"\(reference)\": \(problem)")
            }
            throw .unreadable(error.description)
        }
    }
}
