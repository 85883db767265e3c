// SPDX-License-Identifier: Apache-2.0

package import PodPlanning

/// One foreground run: Jobs, CronJobs and bare pods, from their start to their end.
///
/// It is the controller with a temporary store: it carries the intents of the Jobs' reducers to pod supervisors, and the
/// pods' ends back. One thread, one epoll loop. SIGINT, SIGTERM and SIGHUP are its own while `run` goes on: the first
/// ends all pods gracefully, the second kills them.
package final class Run {
    private let objects: [RunObject]
    private let options: RunOptions
    private unowned let observer: any RunObserver
    private let sources: PlanSources

    /// Where planning gets images and filters from.
    package struct PlanSources {
        var images: ImageSource
        var filters: FilterSource

        package init(images: ImageSource, filters: FilterSource) {
            self.images = images
            self.filters = filters
        }
    }

    /// - Parameters:
    ///   - objects: decoded, defaulted and valid; names unique in their kind and namespace.
    ///   - sources: nil: the image store and the seccomp profiles of the state directory.
    ///   - observer: not retained; must live until `run` returns.
    package init(
        objects: [RunObject], options: RunOptions, sources: PlanSources? = nil, observer: any RunObserver
    ) {
        self.objects = objects
        self.options = options
        self.sources = sources ?? PlanSources(stateDirectory: options.stateDirectory)
        self.observer = observer
    }

    /// Blocks until every Job and pod has ended, can make no progress, or was interrupted; a CronJob has no end of its own. Then nothing of the run is
    /// left but its outcome and the logs that are kept.
    ///
    /// - Throws: `RunError` when Berth itself fails. No pod is running then either.
    package func run() throws -> RunOutcome {
        let loop = try RunLoop(options: options, sources: sources, observer: observer)
        return try loop.run(objects)
    }
}
