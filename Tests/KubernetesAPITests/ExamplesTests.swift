// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifest
import Testing

struct ExamplesTests {
    private static let directory = URL(filePath: #filePath).appending(path: "../../../examples").standardizedFileURL

    @Test("Every manifest of the examples is right")
    func readsExamples() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.directory, includingPropertiesForKeys: nil)
        let manifests = files.filter { $0.pathExtension == "yaml" }
        #expect(manifests.count >= 8)
        for file in manifests {
            let reading = readManifests(try String(contentsOf: file, encoding: .utf8), fileName: file.lastPathComponent)
            #expect(reading.faults == [])
            #expect(!reading.objects.isEmpty)
        }
    }
}
