// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import ControlPlane
import ImageStore
import Linux
import OCI

/// `berth image pull`.
struct ImagePullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Brings images from their registries.",
        discussion: """
            What is here of them already isn't fetched again; a pull that was cut off goes on where it stopped. Credentials \
            are those of podman and docker: auth.json, config.json, and their helpers.

            EXAMPLES
              berth image pull perl:5.34.0
              berth image pull registry.example/team/tool@sha256:…
              berth image pull --platform linux/arm64 debian:12
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var pulling: PullOptions
    @Argument(help: "The images' names.") var names: [String]
    @Flag(name: [.short, .long], help: "Print only what was pulled.") var quiet = false
    @Option(help: ArgumentHelp("Of an image for several, the one for this.", valueName: "os/arch")) var platform:
        String?

    func validate() throws {
        guard !names.isEmpty else { throw ValidationError("name an image to pull") }
        _ = try wantedPlatform()
    }

    private func wantedPlatform() throws -> Platform? {
        guard let platform else { return nil }
        let parts = platform.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
            throw ValidationError("--platform \(platform): write os/architecture[/variant], like linux/arm64")
        }
        return Platform(os: parts[0], architecture: parts[1], variant: parts.count > 2 ? parts[2] : nil)
    }

    func run() throws {
        let settings = try pulling.settings()
        let cancellation: PullCancellation
        do throws(Errno) {
            cancellation = try PullCancellation()
        } catch {
            throw CommandFailure.berth("cannot make an event: \(error)")
        }
        for name in names {
            let view = PullView(
                terminal: Terminal(descriptor: STDERR_FILENO, environment: environmentVariable), isQuiet: quiet)
            var pull = ImagePull(
                stateDirectory: global.stateDirectory, settings: settings, cancellation: cancellation)
            pull.platform = try wantedPlatform()
            pull.progress = { view.show($0) }
            do throws(RegistryError) {
                let (image, warnings) = try pull.run(name)
                view.end()
                for warning in warnings { view.line(warning) }
                print("pulled \(image.reference.familiar) \(image.digest ?? image.id) \(binarySize(image.sizeBytes))")
            } catch {
                view.end()
                let text = error.description.escapedForTerminal
                switch error.reason {
                case .store, .host: throw CommandFailure.berth(text)
                case .configuration: throw CommandFailure.badInput(text)
                default: throw CommandFailure.failed(text)
                }
            }
        }
    }
}
