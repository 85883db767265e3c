// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

/// Logs, forwarded output, termination messages.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct OutputTests {
    @Test("The log has a line for each line, with time, stream and tag")
    func format() throws {
        let pod = try Starter().run("echo one; echo two >&2; printf three")
        let line = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) ([FP]) (.*)$/
        let lines = try pod.log().split(separator: "\n").map { try #require($0.wholeMatch(of: line)) }
        #expect(Set(lines.map { "\($0.1) \($0.2) \($0.3)" }) == ["stdout F one", "stderr F two", "stdout P three"])
        #expect(pod.output("c", .standardOutput) == "one\nthree")
        #expect(pod.output("c", .standardError) == "two\n")
    }

    @Test("A long line is split at 16 KiB and comes together again")
    func longLine() throws {
        let pod = try Starter().run("head -c 40000 /dev/zero | tr '\\0' x; echo end")
        let lines = try pod.log().split(separator: "\n").map { $0.split(separator: " ", maxSplits: 3) }
        #expect(lines.map { "\($0[2]) \($0[3].count)" } == ["P 16384", "P 16384", "F 7235"])
        #expect(lines.map { String($0[3]) }.joined() == String(repeating: "x", count: 40000) + "end")
    }

    @Test("A container that writes nothing has no log")
    func silent() throws {
        let pod = try Starter().run("true")
        #expect(access(pod.plan.logDirectory, F_OK) != 0)
    }

    @Test("A full log is set aside, and only so many are kept")
    func rotation() throws {
        let starter = try Starter()
        var plan = starter.plan(
            "i=0; while [ $i -lt 60 ]; do echo $i; head -c 1000 /dev/zero | tr '\\0' x; echo; i=$((i+1)); done")
        plan.logMaximumBytes = 8000
        plan.logMaximumFiles = 3
        let pod = try starter.run(plan)
        #expect(pod.end()?.exitCode == 0)
        let directory = try OwnedDescriptor.open("\(plan.logDirectory)/c", O_RDONLY | O_DIRECTORY)
        let names = try directory.names().sorted()
        #expect(names.count == 3)
        #expect(names.first == "0.log")
        #expect(names.dropFirst().allSatisfy { $0.wholeMatch(of: /0\.log\.\d{8}-\d{6}/) != nil })
        let kept = try names.map {
            String(decoding: try directory.open($0, O_RDONLY).readAll(limit: 1 << 20), as: UTF8.self)
        }
        #expect(kept.contains { $0.contains("F 59\n") }, "the newest are kept")
        #expect(!kept.contains { $0.contains("F 0\n") })
    }

    @Test("All output comes before the state that tells the end, also from a reader that is slow", arguments: [0, 300])
    func order(pause: Int) throws {
        let starter = try Starter()
        let plan = starter.plan("head -c 6000000 /dev/zero | tr '\\0' y; echo; echo last")
        let pod = try starter.start(plan)
        if pause > 0 {
            for _ in 0..<1000 {
                if try !starter.supervisors.isEmpty { break }
                clinux_sleep_microseconds(10_000)
            }
            clinux_sleep_microseconds(UInt32(pause * 1000))
            // It waits for us instead of keeping in memory what we don't read.
            let supervisor = try #require(try starter.supervisors.first)
            #expect(try residentBytes(supervisor) < 12 << 20)
            #expect(try !starter.processes(of: plan).isEmpty)
        }
        try pod.finish()
        #expect(pod.output().utf8.count == 6_000_006)
        #expect(pod.output().hasSuffix("y\nlast\n"))
        let lastOutput = pod.reports.lastIndex { if case .output = $0 { true } else { false } }
        let end = pod.reports.firstIndex {
            if case .status(let state) = $0 { state.containers[0].state.isTerminated } else { false }
        }
        #expect(try #require(lastOutput) < #require(end))
    }

    @Test("Without being asked it forwards nothing, and logs all the same")
    func notForwarded() throws {
        let starter = try Starter()
        var plan = starter.plan("echo hello")
        plan.forwardOutput = false
        let pod = try starter.run(plan)
        #expect(pod.output() == "")
        #expect(try pod.log().hasSuffix(" stdout F hello\n"))
    }

    @Test("What is in the termination message file is told, 4096 bytes at most")
    func message() throws {
        let starter = try Starter()
        let pod = try starter.run("echo why >/dev/termination-log; exit 1")
        #expect(pod.end()?.message == "why\n")
        let long = try starter.run("head -c 9000 /dev/zero | tr '\\0' z >/dev/termination-log")
        #expect(long.end()?.message == String(repeating: "z", count: 4096))
    }

    @Test(
        "Without a message the end of the log is one, when that is asked for and the container failed",
        arguments: [0, 1])
    func fallback(code: Int) throws {
        let starter = try Starter()
        var plan = starter.plan("seq 1 200; exit \(code)")
        plan.containers[0].terminationMessageFallsBackToLogs = true
        let message = try starter.run(plan).end()?.message
        #expect(message == (code == 0 ? "" : (121...200).map { "\($0)\n" }.joined()))
    }

    private func residentBytes(_ pid: pid_t) throws -> Int {
        let text = String(
            decoding: try OwnedDescriptor.open("/proc/\(pid)/statm", O_RDONLY).readAll(limit: 4096), as: UTF8.self)
        return Int(text.split(separator: " ")[1])! * 4096
    }
}
