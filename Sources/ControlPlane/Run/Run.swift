// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// One foreground run: Jobs and bare pods, from their start to their end.
///
/// It is the controller with a temporary store: it carries the intents of the Jobs' reducers to pod supervisors, and the
/// pods' ends back. One thread, one epoll loop. SIGINT and SIGTERM are its own while `run` goes on: the first ends all
/// pods gracefully, the second kills them.
package final class Run {
    let objects: [RunObject]
    let options: RunOptions
    unowned let observer: any RunObserver

    /// - Parameters:
    ///   - objects: decoded, defaulted and valid; names unique in their kind and namespace.
    ///   - observer: not retained; must live until `run` returns.
    package init(objects: [RunObject], options: RunOptions, observer: any RunObserver) {
        self.objects = objects
        self.options = options
        self.observer = observer
    }

    /// Blocks until every Job and pod has ended, can make no progress, or was interrupted; then nothing of the run is
    /// left but its outcome and the logs that are kept.
    ///
    /// - Throws: `RunError` when Berth itself fails. No pod is running then either.
    package func run() throws -> RunOutcome {
        throw RunError.podExecutableMissing(tried: [])
    }
}
