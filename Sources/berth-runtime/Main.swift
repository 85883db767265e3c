// SPDX-License-Identifier: Apache-2.0

import CLinux
import ContainerRuntime

@main
enum Main {
    // The kernel gives everything back: no destructor needs to run.
    static func main() { _exit(RuntimeCommand.run(ownArguments())) }
}
