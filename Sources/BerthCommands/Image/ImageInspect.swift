// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImageStore
import KubernetesAPI

/// `berth image inspect`.
struct ImageInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Prints what is known of an image.",
        discussion: """
            EXAMPLES
              berth image inspect busybox
              berth image inspect perl:5.34.0 -o json
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The image's name.") var name: String
    @Option(name: [.short, .long], help: "How to print it.") var output: OutputFormat = .yaml

    func run() throws {
        let image = try global.withImages { images throws(ImageStoreError) in try images.inspect(name) }
        print(ObjectList.render([image.value], as: output, list: false), terminator: "")
    }
}
