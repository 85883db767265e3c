// SPDX-License-Identifier: Apache-2.0

import Linux
import PodPlan

extension Supervisor {
    /// Begins a hook of a container that runs. It may take any time: the end of the container's grace period ends it.
    func runHook(_ id: HookID, _ handler: HandlerPlan) throws(Errno) {
        try run(handler, for: .hook(id), timeoutSeconds: 0)
    }

    /// A hook need not go on.
    func cancelHook(_ id: HookID) throws(Errno) { try cancelHandler(.hook(id)) }
}
