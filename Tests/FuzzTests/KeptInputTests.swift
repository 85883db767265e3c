// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import FuzzProperties
import Testing

struct KeptInputTests {
    private static let directory = "Tests/FuzzTests/Inputs"

    @Test("Every input that the fuzzer starts from or once found holds", arguments: FuzzProperty.allCases)
    func holds(property: FuzzProperty) throws {
        let directory = "\(Self.directory)/\(property.rawValue)"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(!names.isEmpty, "\(directory) has no input")
        for name in names.sorted() {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: "\(directory)/\(name)")))
            let broken = property.violation(bytes)
            #expect(broken == nil, "\(directory)/\(name)")
        }
    }
}
