// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCI

struct ImageManifestTests {
    private func manifest(_ text: String) throws -> ImageManifest { try ImageManifest(json: Array(text.utf8)) }
    private func index(_ text: String) throws -> ImageIndex { try ImageIndex(json: Array(text.utf8)) }

    @Test("A manifest is read, and written again as it was")
    func manifest() throws {
        let text = """
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",\
            "config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:a","size":7},\
            "layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","digest":"sha256:b","size":9}]}
            """
        let manifest = try manifest(text)
        #expect(manifest.configuration.size == 7)
        #expect(manifest.layers.map { MediaType.layer($0.mediaType) } == [.gzip])
        #expect(manifest.json.text() == text)
    }

    @Test(
        "What is no manifest is refused, with what is wrong",
        arguments: [
            (#"{"schemaVersion":1,"name":"x"}"#, "schemaVersion 1"),
            (#"{"config":{}}"#, "schemaVersion"),
            (#"{"schemaVersion":2,"layers":[]}"#, "config: is required"),
            (#"{"schemaVersion":2,"config":{"digest":"sha256:a","size":-1},"layers":[]}"#, "config: size is -1"),
            (#"{"schemaVersion":2,"config":{"digest":"a","size":1},"layers":[],"manifests":[]}"#, "both"),
            (#"{"schemaVersion":2,"config":{"digest":"a","size":1},"layers":[{"digest":"b"}]}"#, "layers[0].size"),
        ])
    func refusals(text: String, words: String) throws {
        let error = #expect(throws: JSONError.self) { try manifest(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("A text that is both an index and a manifest is refused")
    func both() throws {
        #expect(throws: JSONError.self) { try index(#"{"schemaVersion":2,"manifests":[],"config":{}}"#) }
    }

    @Test(
        "Of an index the manifest is taken that suits the platform best",
        arguments: [
            (Platform(os: "linux", architecture: "amd64"), "amd64"),
            (Platform(os: "linux", architecture: "arm64", variant: "v8"), "arm64"),
            (Platform(os: "linux", architecture: "arm", variant: "v7"), "v6"),
            (Platform(os: "linux", architecture: "arm", variant: "v5"), "v5"),
            (Platform(os: "windows", architecture: "amd64"), "windows"),
            (Platform(os: "linux", architecture: "riscv64"), nil),
        ] as [(Platform, String?)])
    func choice(platform: Platform, digest: String?) throws {
        let entries = [
            ("v5", "linux", "arm", "v5"), ("v6", "linux", "arm", "v6"), ("windows", "windows", "amd64", ""),
            ("amd64", "linux", "x86_64", ""), ("second", "linux", "amd64", ""), ("arm64", "linux", "arm64", ""),
            ("attestation", "unknown", "unknown", ""),
        ].map {
            #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#($0.0)","size":1,"#
                + #""platform":{"os":"\#($0.1)","architecture":"\#($0.2)","variant":"\#($0.3)"}}"#
        }
        let index = try index(#"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#)
        #expect(index.manifest(for: platform)?.digest == digest)
    }

    @Test("A manifest that names no platform is taken only where it is the only one")
    func noPlatform() throws {
        let one = #"{"mediaType":"\#(MediaType.ociManifest)","digest":"a","size":1}"#
        #expect(try index(#"{"schemaVersion":2,"manifests":[\#(one)]}"#).manifest(for: .own)?.digest == "a")
        #expect(try index(#"{"schemaVersion":2,"manifests":[\#(one),\#(one)]}"#).manifest(for: .own) == nil)
    }
}
