// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImageStore
import Linux

/// `berth image`.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Keeps the images that pods run from.",
        discussion: """
            NAME is a reference as in a manifest: perl:5.34.0, registry.example/team/tool. `berth run` pulls what isn't \
            here; busybox is always there.

            EXAMPLES
              berth image pull perl:5.34.0
              berth image load -i perl.tar
              berth image import tool ./rootfs
              docker export "$(docker create perl:5.34.0)" | berth image import perl:5.34.0 -
              berth image bind host /
              berth image ls
            """,
        subcommands: [
            ImagePullCommand.self, ImageList.self, ImageInspect.self, ImageLoad.self, ImageSave.self, ImageImport.self,
            ImageBind.self, ImageTag.self, ImageRemove.self, ImagePrune.self,
        ])
}

/// What an image says of the containers that run from it.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A word of the command that every container starts with; repeat it for more.", valueName: "word"))
    var entrypoint: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A word of the default command or arguments; repeat it for more.", valueName: "word"))
    var cmd: [String] = []

    @Option(name: [.short, .long], help: ArgumentHelp("An environment variable.", valueName: "name=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("User (and group) by name or number.", valueName: "user[:group]"))
    var user = ""

    @Option(help: ArgumentHelp("The directory to start in.", valueName: "path"))
    var workdir = ""

    @Option(help: ArgumentHelp("The signal that asks a container to end.", valueName: "SIGNAL"))
    var stopSignal = ""

    func validate() throws {
        if let entry = env.first(where: { !$0.contains("=") || $0.hasPrefix("=") }) {
            throw ValidationError("--env \(entry): write NAME=VALUE")
        }
        guard workdir.isEmpty || workdir.isAbsolutePath else {
            throw ValidationError("--workdir \(workdir): write an absolute path in the image")
        }
    }

    var configuration: ImageConfiguration {
        var configuration = ImageConfiguration()
        configuration.entrypoint = entrypoint
        configuration.command = cmd
        configuration.environment = env
        configuration.user = user
        configuration.workingDirectory = workdir
        configuration.stopSignal = stopSignal
        return configuration
    }
}

extension GlobalOptions {
    /// Runs `body` on the image store, and turns its errors into the command's.
    func withImages<Result>(_ body: (borrowing LocalImages) throws(ImageStoreError) -> Result) throws -> Result {
        do throws(ImageStoreError) {
            return try body(try LocalImages(stateDirectory: stateDirectory))
        } catch {
            if error.isCallersOwn { throw CommandFailure.badInput(error.description) }
            if case .notFound = error { throw CommandFailure.failed(error.description) }
            throw CommandFailure.berth(error.description)
        }
    }
}
