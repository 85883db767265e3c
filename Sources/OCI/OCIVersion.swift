// SPDX-License-Identifier: Apache-2.0

/// The version of the OCI runtime specification that we follow.
public let ociVersion = "1.2.0"
