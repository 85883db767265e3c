// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import ImageStore

/// `berth image import`.
struct ImageImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Copies a directory or a tar archive into the store under a name.",
        discussion: """
            The archive may be compressed by gzip, xz or zstd. It is unpacked in a sandbox; devices and sockets are left \
            out.

            EXAMPLES
              berth image import tool ./rootfs --entrypoint /usr/bin/tool
              berth image import shell rootfs.tar.gz --cmd sh --cmd -l --env LC_ALL=C.UTF-8
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The image's name.") var name: String
    @Argument(
        help: ArgumentHelp(
            "A directory, a tar archive, or - for one on standard input.", valueName: "directory-or-tar"))
    var source: String
    @OptionGroup(title: "What its containers start with") var configuration: ConfigurationOptions

    func run() throws {
        var status = stat()
        let isDirectory = stat(source, &status) == 0 && CInt(status.st_mode) & S_IFMT == S_IFDIR
        let from: ImportSource =
            source == "-" ? .stream(STDIN_FILENO) : isDirectory ? .directory(source) : .archive(source)
        let (image, warnings) = try global.withImages { images throws(ImageStoreError) in
            try images.add(name, from: from, configuration.configuration)
        }
        for warning in warnings {
            Terminal(descriptor: STDERR_FILENO, environment: environmentVariable).write(
                "berth: \(warning.escapedForTerminal)\n")
        }
        print("imported \(image.reference.familiar) \(image.id) \(binarySize(image.sizeBytes))")
    }
}
