// SPDX-License-Identifier: Apache-2.0

/// Everything that the API server would refuse in a defaulted Job at creation.
package func validate(_ job: Job, _ faults: FaultList) {
}

/// Everything that the API server would refuse in a defaulted Pod at creation.
package func validate(_ pod: Pod, _ faults: FaultList) {
}
