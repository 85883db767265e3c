// SPDX-License-Identifier: Apache-2.0

import PodPlan
import Testing

@testable import PodSupervisor

struct FileVolumeLayoutTests {
    private func layout(_ paths: String...) -> FileVolumeLayout {
        FileVolumeLayout(
            paths.map { VolumeFile(path: $0, mode: 0o644, contents: 0) }, at: 1_700_000_000_123_456_789)
    }

    @Test("One directory, named after the time, has the files; ..data leads to it, the top-level names through that")
    func layout() {
        let layout = layout("a", "b/c/d", "b/e", "f")
        #expect(layout.dataDirectory == "..2023_11_14_22_13_20.123456789")
        #expect(layout.directories == ["b", "b/c"])
        #expect(layout.links.map(\.name) == ["..data", "a", "b", "f"])
        #expect(layout.links.map(\.target) == [layout.dataDirectory, "..data/a", "..data/b", "..data/f"])
    }

    @Test("A slash is a byte, whatever stands behind it")
    func combining() {
        let layout = layout("a/\u{301}b")
        #expect(layout.directories == ["a"])
        #expect(layout.links.map(\.name) == ["..data", "a"])
    }

    @Test("A volume without files has ..data alone")
    func empty() {
        #expect(layout().links.map(\.name) == ["..data"])
        #expect(layout().directories == [])
    }
}
