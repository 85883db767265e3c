// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImageStore

/// `berth image tag`.
struct ImageTag: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Gives an image another name.",
        discussion: """
            EXAMPLES
              berth image tag perl perl:5.34.0
              berth image tag host registry.example/build:latest
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A name that it has.") var name: String
    @Argument(help: "The new name; what had it before loses it.") var other: String

    func run() throws {
        let image = try global.withImages { images throws(ImageStoreError) in
            try images.tag(name, as: other)
            return try images.inspect(other)
        }
        print("tagged \(image.reference.familiar) \(image.id)")
    }
}
