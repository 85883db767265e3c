// SPDX-License-Identifier: Apache-2.0

/// A variable that is in a file of a volume: its value is known when the container is started. See KEP-3721.
///
/// Wherever the plan's texts have its value they have `mark(n)` with its position among the container's; a null byte is
/// in no other text of a plan.
package struct FileVariablePlan: Hashable, Sendable {
    package var name = ""
    /// Position in `PodPlan.volumes`.
    package var volume = 0
    /// Of the file, below the volume.
    package var path = ""
    package var key = ""
    /// Without it the container starts all the same.
    package var optional = false
    /// What stands for its value in texts when it isn't there; may have marks of those before it.
    package var substitute = ""
    /// The whole entry of the environment then; nil: none.
    package var entry: String?

    package init() {}

    package static func mark(_ position: Int) -> String { "\0\(position)\0" }
}
