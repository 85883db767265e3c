// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// What can be run: a Job, or a pod of its own. Decoded, defaulted and valid; the run gives it UID and times.
package enum RunObject: Hashable, Sendable {
    case job(Job)
    case pod(Pod)
}
