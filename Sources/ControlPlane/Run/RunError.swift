// SPDX-License-Identifier: Apache-2.0

package import Linux

/// Why a run could not go on: Berth's own failure, or what the run was asked for; never a Job's.
package enum RunError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call of ours failed: what was tried, on what, and the kernel's answer.
    case system(action: String, object: String, errno: Errno)
    /// No executable `berth-pod` at any of these places.
    case podExecutableMissing(tried: [String])
    /// `berth-pod` ended again and again.
    case starterKeepsEnding(executable: String)
    /// What was asked for contradicts itself: nothing has run.
    case contradiction(problem: String)
    /// The network of the pods cannot be had.
    case network(problem: String)
    /// Anything of the state directory that is not as it must be.
    case stateDirectory(path: String, problem: String)

    package var description: String {
        switch self {
        case .system(let action, let object, let errno): "cannot \(action) \(object): \(errno)"
        case .podExecutableMissing(let tried):
            "cannot find berth-pod, the program that runs pods: tried \(tried.joined(separator: ", ")); "
                + "set BERTH_POD to its path"
        case .starterKeepsEnding(let executable):
            "\(executable) ends as soon as it is started; run it by hand to see why, or see `berth doctor`"
        case .contradiction(let problem): problem
        case .network(let problem):
            "\(problem); with --network none pods have their loopback alone"
        case .stateDirectory(let path, let problem): "state directory \(path): \(problem)"
        }
    }
}
