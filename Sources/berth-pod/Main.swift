// SPDX-License-Identifier: Apache-2.0

import PodSupervisor

@main
enum Main {
    static func main() {}
}
