// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccomp

@testable import Seccomp

/// All calls that libseccomp knows under a convention.
func callNames(_ architecture: SeccompProfile.Architecture) -> Set<String> {
    let bit: UInt32 = architecture == .x32 ? 0x4000_0000 : 0
    let numbers = Array(0..<2000) + Array(UInt32(0xf0000)..<0xf0010)
    return Set(
        numbers.compactMap { number in
            guard let name = seccomp_syscall_resolve_num_arch(architecture.token, CInt(number | bit)) else {
                return nil
            }
            defer { free(name) }
            return String(cString: name)
        })
}
