// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthProbe

@main
enum Main {
    static func main() { _exit(ProbeProgram.run(CommandLine.arguments)) }
}
