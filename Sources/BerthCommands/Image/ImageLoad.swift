// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import ImageStore
import Linux

/// `berth image load`.
struct ImageLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Takes the images of an archive or an OCI layout.",
        discussion: """
            What `berth image save`, `podman save`, `docker save` and `skopeo copy` make, compressed or not.

            EXAMPLES
              berth image load -i perl.tar
              podman save perl:5.34.0 | berth image load
              berth image load -i ./layout --name perl:5.34.0
            """)

    @OptionGroup var global: GlobalOptions
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("An archive or the directory of a layout (default: standard input).", valueName: "path"))
    var input = "-"
    @Option(help: "A name for the one image in it.") var name: String?

    func run() throws {
        var status = stat()
        let isDirectory = stat(input, &status) == 0 && CInt(status.st_mode) & S_IFMT == S_IFDIR
        let from: ImportSource =
            input == "-" ? .stream(STDIN_FILENO) : isDirectory ? .directory(input) : .archive(input)
        let (images, warnings) = try global.withImages { images throws(ImageStoreError) in
            try images.load(from: from, as: name)
        }
        let terminal = Terminal(descriptor: STDERR_FILENO, environment: environmentVariable)
        for warning in warnings { terminal.write("berth: \(warning.escapedForTerminal)\n") }
        for image in images {
            print("loaded \(image.reference.familiar) \(image.digest ?? image.id) \(binarySize(image.sizeBytes))")
        }
    }
}

/// `berth image save`.
struct ImageSave: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Writes images as one archive, with the digests that they have.",
        discussion: """
            EXAMPLES
              berth image save -o perl.tar perl:5.34.0
              berth image save --format docker-archive perl:5.34.0 | docker load
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The images' names.") var names: [String]
    @Option(name: [.short, .long], help: ArgumentHelp("The file (default: standard output).", valueName: "file"))
    var output: String?
    @Option(help: "The kind of archive.") var format = Format.oci

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case oci = "oci-archive"
        case docker = "docker-archive"
    }

    func run() throws {
        guard let output else {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw CommandFailure.badInput(
                    "an archive is nothing for a terminal: name a file with -o, or use a pipe")
            }
            return try save(to: STDOUT_FILENO)
        }
        // Under another name until it is whole.
        let new = "\(output).\(getpid()).new"
        do {
            let file = try OwnedDescriptor.open(new, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
            try save(to: file.rawValue)
            let number = file.rawValue
            try retrying { fsync(number) }
            try retrying { rename(new, output) }
        } catch {
            unlink(new)
            if let error = error as? Errno { throw CommandFailure.failed("cannot write \(output): \(error)") }
            throw error
        }
    }

    private func save(to file: CInt) throws {
        try global.withImages { images throws(ImageStoreError) in
            try images.save(names, to: file, as: format == .docker ? .docker : .oci)
        }
    }
}

/// `berth image prune`.
struct ImagePrune: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Removes what no image needs any more.",
        discussion: """
            Layers and parts of downloads that no name leads to. With --all every image goes that has a registry to come \
            from again.

            EXAMPLES
              berth image prune
              berth image prune --all
            """)

    @OptionGroup var global: GlobalOptions
    @Flag(name: [.short, .long], help: "Images that came from a registry, too.") var all = false

    func run() throws {
        if all {
            let pulled = try global.withImages { images throws(ImageStoreError) in try images.list() }
                .filter { $0.digest != nil }
            for image in pulled {
                try global.withImages { images throws(ImageStoreError) in
                    try images.remove(image.reference.description)
                }
                print("removed \(image.reference.familiar)")
            }
        }
        let result = try global.withImages { images throws(ImageStoreError) in try images.prune() }
        print("removed \(result.layers) layers and \(result.blobs) blobs, \(binarySize(result.bytes))")
        if !result.isComplete { print("some are in use by a run or a pull, and go with a later prune") }
    }
}
