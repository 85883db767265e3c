// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Descriptors that the table of a launch names: open until it has been carried out.
final class HeldDescriptors {
    private var held: [CInt] = []

    deinit { for descriptor in held { close(descriptor) } }

    /// Before the holder itself goes.
    func closeAll() {
        for descriptor in held { close(descriptor) }
        held = []
    }

    func hold(_ descriptor: consuming OwnedDescriptor) -> CInt {
        held.append(descriptor.release())
        return held[held.count - 1]
    }
}
