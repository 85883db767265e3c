// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import ImageStore

/// `berth image bind`.
struct ImageBind: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bind",
        abstract: "Takes a directory as an image, without copying it.",
        discussion: """
            Pods see it below a throw-away overlay: what they write is gone with them. It must stay where it is, and must \
            not change while pods run.

            EXAMPLES
              berth image bind host /
              berth image bind toolchain /opt/toolchain/rootfs
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The image's name.") var name: String
    @Argument(help: "The directory.") var directory: String
    @OptionGroup(title: "What its containers start with") var configuration: ConfigurationOptions

    func run() throws {
        let image = try global.withImages { images throws(ImageStoreError) in
            try images.bind(name, to: directory, configuration.configuration)
            return try images.inspect(name)
        }
        let place = image.layers[0].escapedForTerminal
        var status = stat()
        if stat(image.layers[0], &status) == 0, status.st_uid != 0 {
            let warning = "berth: \(place) belongs to uid \(status.st_uid): whoever that is chooses what pods run\n"
            Terminal(descriptor: STDERR_FILENO, environment: environmentVariable).write(warning)
        }
        print("bound \(image.reference.familiar) to \(place)")
    }
}
