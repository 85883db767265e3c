// SPDX-License-Identifier: Apache-2.0

import PodPlanning
import Seccomp

extension Run.PlanSources {
    /// The image store and the local seccomp profiles below `stateDirectory`.
    init(stateDirectory: String) {
        let cache = SeccompCache()
        images = ImageSource { _ throws(ImageSource.Failure) in .absent }
        filters = FilterSource { request throws(FilterSource.Failure) in
            do throws(SeccompError) {
                let program = try cache.program(for: .runtimeDefault, capabilities: request.capabilities)
                return program?.bytes ?? []
            } catch {
                throw FilterSource.Failure(message: error.description)
            }
        }
    }
}
