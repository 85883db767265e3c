// SPDX-License-Identifier: Apache-2.0

import BerthCommands

@main
enum Main {
    static func main() { Berth.start() }
}
