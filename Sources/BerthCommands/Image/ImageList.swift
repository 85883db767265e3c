// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import ImageStore
import KubernetesAPI
import Manifest

/// `berth image ls`.
struct ImageList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists the images that are here.",
        discussion: """
            EXAMPLES
              berth image ls
              berth image ls -o json
            """)

    @OptionGroup var global: GlobalOptions
    @Option(name: [.short, .long], help: "Print all that is known of them.") var output: OutputFormat?
    @Flag(name: [.short, .long], help: "Print only the names.") var quiet = false
    @Flag(help: "Print the digests that they were pulled by.") var digests = false

    func run() throws {
        let images = try global.withImages { images throws(ImageStoreError) in try images.list() }
        if let output {
            print(ObjectList.render([Value(.array(images.map(\.value)))], as: output, list: false), terminator: "")
            return
        }
        if quiet {
            for image in images { print(image.reference.familiar) }
            return
        }
        let now = Int64(time(nil))
        let rows =
            [["NAME"] + (digests ? ["DIGEST"] : []) + ["ID", "SIZE", "CREATED"]]
            + images.map { image in
                [image.reference.familiar] + (digests ? [image.digest ?? "-"] : []) + [
                    image.id.hasPrefix("sha256:")
                        ? String(image.id.dropFirst(7).prefix(12)) : image.id.escapedForTerminal,
                    image.sizeBytes > 0 ? binarySize(image.sizeBytes) : "-",
                    Duration.seconds(max(0, now - image.created)).brief + " ago",
                ]
            }
        let last = rows[0].count - 1
        let widths = (0..<last).map { column in (rows.map { $0[column].count }.max() ?? 0) + 3 }
        for row in rows { print(zip(row, widths).map { $0.padded(to: $1) }.joined() + row[last]) }
    }
}

extension ImageSummary {
    /// With the field names of the OCI image configuration where it has them.
    var value: Value {
        func texts(_ texts: [String]) -> Value { Value(.array(texts.map { Value(.string($0)) })) }
        let config: [Value.Member] = [
            .init("Cmd", texts(configuration.command)), .init("Entrypoint", texts(configuration.entrypoint)),
            .init("Env", texts(configuration.environment)),
            .init("StopSignal", Value(.string(configuration.stopSignal))),
            .init("User", Value(.string(configuration.user))),
            .init("WorkingDir", Value(.string(configuration.workingDirectory))),
        ]
        return Value(
            .object([
                .init("config", Value(.object(config.filter { !$0.value.isEmpty }))),
                .init("created", Value(.string(Timestamp(seconds: created).rfc3339))),
                .init("digest", Value(.string(digest ?? ""))), .init("id", Value(.string(id))),
                .init("layers", texts(layers)), .init("name", Value(.string(reference.description))),
                .init("sizeBytes", Value(.integer(sizeBytes))),
            ]))
    }
}
