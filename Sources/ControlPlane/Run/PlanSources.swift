// SPDX-License-Identifier: Apache-2.0

import PodPlanning
import Seccomp

extension Run.PlanSources {
    /// The image store and the local seccomp profiles below `stateDirectory`.
    init(stateDirectory: String) {
        images = ImageSource { _ throws(ImageSource.Failure) in .absent }
        filters = FilterSource(profiles: LocalProfiles(directory: stateDirectory + "/seccomp"))
    }
}
