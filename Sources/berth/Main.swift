// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BerthCommands

@main
enum Main {
    static func main() { Berth.main() }
}
