// SPDX-License-Identifier: Apache-2.0

import CLinux

@testable import Seccomp

let allowed = SeccompProfile.Action.allow.token
let refused = SeccompProfile.Action.errno(UInt16(EPERM)).token
let missing = SeccompProfile.Action.errno(UInt16(ENOSYS)).token
let killed = SeccompProfile.Action.killProcess.token

/// CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
/// AUDIT_WRITE.
let standardCapabilities: UInt64 = 0xa804_25fb

/// The programs that several tests use.
let programs = SeccompCache()

/// All conventions of this machine that libseccomp gives the call a number in.
func conventions(of name: String) -> [SeccompProfile.Architecture] {
    SeccompProfile.Architecture.familyInOrder.filter { $0.number(of: name) != nil }
}
