// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct StreamTests {
    @Test("tty gives a terminal of the container's own; what is written to it is standard output")
    func terminal() throws {
        let place = try Workplace()
        let text = manifest("tty", "tty; test -t 2 && echo $TERM >&2").replacing(
            "image: busybox", with: "image: busybox\n        tty: true\n        stdin: true")
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "/dev/pts/0\r\nxterm\r\n")
    }

    @Test("stdin is an input that says nothing, without it there is none")
    func input() throws {
        let place = try Workplace()
        let script = "readlink /proc/self/fd/0 | cut -d: -f1"
        let open = manifest("open", script).replacing("image: busybox", with: "image: busybox\n        stdin: true")
        #expect(try place.berth("run", try place.file("open.yaml", open)).output == "pipe\n")
        #expect(
            try place.berth("run", try place.file("closed.yaml", manifest("closed", script))).output == "/dev/null\n")
    }
}
