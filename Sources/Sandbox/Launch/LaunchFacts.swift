// SPDX-License-Identifier: Apache-2.0

/// What a launch needs to know of the host and what doesn't change while it runs.
public enum LaunchFacts {
    /// Reads it now, so that processes forked from this one need not. Without this the first launch does it.
    public static func gather() { _ = ThermalPaths.ofThisHost }
}
