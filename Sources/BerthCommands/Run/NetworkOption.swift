// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ControlPlane

extension RunOptions.Network: ExpressibleByArgument {
    /// What `BERTH_NETWORK` says, else `bridge`: a pod has an address, as in Kubernetes.
    static var byDefault: RunOptions.Network {
        environmentVariable("BERTH_NETWORK").flatMap(RunOptions.Network.init) ?? .bridge
    }
}
