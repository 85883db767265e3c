// SPDX-License-Identifier: Apache-2.0

import OCI

/// What is read as JSON is printed as what reads the same.
func brokenByJSON(_ bytes: [UInt8]) -> String? {
    guard let value = try? JSONValue(parsing: bytes) else { return nil }
    for layout in [JSONValue.Layout.compact, .indented] {
        guard let again = try? JSONValue(parsing: Array(value.text(layout).utf8)) else {
            return "its \(layout) text is refused"
        }
        // `1e3` is a number with a fraction, and so is `1000.0`.
        if again != value { return "its \(layout) text reads otherwise" }
    }
    return nil
}

/// A configuration is read without a trap: it is right or wrong, whatever its layout, and what is wrong has words.
func brokenByConfig(_ bytes: [UInt8]) -> String? {
    guard let value = try? JSONValue(parsing: bytes) else { return nil }
    let printed = Array(value.text(.indented).utf8)
    let (first, second) = (fault(in: bytes), fault(in: printed))
    if first != second { return "it is \(first ?? "right"), and printed it is \(second ?? "right")" }
    if first?.isEmpty == true { return "an error without a word" }
    _ = try? OCI.Process(json: bytes, name: "process")
    _ = try? LinuxResources(json: bytes)
    _ = try? State(json: bytes)
    _ = try? ImageManifest(json: bytes)
    _ = try? ImageIndex(json: bytes)
    _ = try? ImageConfig(json: bytes)
    return nil
}

private func fault(in text: [UInt8]) -> String? {
    do throws(JSONError) {
        _ = try ContainerConfig(json: text)
        return nil
    } catch {
        return error.description
    }
}
