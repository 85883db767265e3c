// SPDX-License-Identifier: Apache-2.0

import CLinux

/// By whom something was made.
enum Origin {
    /// The user's name, as far as it can be told without asking anybody: the runtime is root's.
    static var owner: String { geteuid() == 0 ? "root" : String(geteuid()) }
}
