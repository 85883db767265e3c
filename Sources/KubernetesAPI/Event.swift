// SPDX-License-Identifier: Apache-2.0

/// `v1 Event`, as the controllers and the kubelet write it.
package struct Event: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case normal = "Normal", warning = "Warning" }

    package var type: Kind
    package var reason: String
    package var message: String
    /// `Job` or `Pod`.
    package var involvedKind: String
    package var involvedName: String
    package var involvedUID: String
    /// `job-controller`, `kubelet`, `default-scheduler`.
    package var source: String
    package var firstTimestamp: Timestamp
    package var lastTimestamp: Timestamp
    package var count: Int32 = 1

    package init(
        _ type: Kind, reason: String, message: String, kind: String, name: String, uid: String, source: String,
        at time: Timestamp
    ) {
        self.type = type
        self.reason = reason
        self.message = message
        involvedKind = kind
        involvedName = name
        involvedUID = uid
        self.source = source
        firstTimestamp = time
        lastTimestamp = time
    }
}
