// SPDX-License-Identifier: Apache-2.0

import Linux
import PodPlan
import Testing

@testable import PodSupervisor

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct StreamTests {
    @Test("With a terminal all output is standard output, with the line ends of a terminal, to its last byte")
    func terminal() throws {
        let starter = try Starter()
        var plan = starter.plan("test -t 0 && test -t 2 && echo out; echo err >&2; seq 20000; echo last")
        plan.containers[0].terminal = true
        let pod = try starter.run(plan)
        let numbers = (1...20000).map { "\($0)\r\n" }.joined()
        #expect(pod.output("c", .standardOutput) == "out\r\nerr\r\n\(numbers)last\r\n")
        #expect(pod.output("c", .standardError) == "")
        let log = try pod.log()
        #expect(log.contains("stdout F err\r\n") && !log.contains("stderr"))
    }

    @Test("Nobody sits at it: who reads from it waits until he is told to end")
    func nobody() throws {
        let starter = try Starter()
        var plan = starter.plan("echo up; exec cat")
        plan.containers[0].terminal = true
        let pod = try starter.start(plan)
        try pod.waitForOutput("up")
        try pod.send(.terminate(gracePeriodSeconds: 0))
        try pod.finish()
        #expect(pod.end()?.exitCode == 137)
        #expect(try starter.leftovers(of: plan) == [])
    }

    @Test(
        "A standard input that is open never says anything; the other is at its end at once", arguments: [true, false])
    func input(isOpen: Bool) throws {
        let starter = try Starter()
        var plan = starter.plan("echo up; cat; echo end")
        plan.containers[0].openInput = isOpen
        let pod = try starter.start(plan)
        try pod.waitForOutput(isOpen ? "up" : "end")
        if isOpen {
            // It is a blocking pipe: reading it is no error either.
            #expect(!pod.output().contains("end"))
            try pod.send(.terminate(gracePeriodSeconds: 0))
        }
        try pod.finish()
        #expect(pod.end()?.exitCode == (isOpen ? 137 : 0))
        #expect(!pod.output().contains("cat:"))
    }

    @Test("A restarted container gets a terminal of its own again")
    func restart() throws {
        let starter = try Starter()
        var plan = starter.plan("test -t 1 && echo tty; [ -e /v/second ] && exit 0; touch /v/second; exit 1")
        plan.containers[0].terminal = true
        plan.restartPolicy = .onFailure
        plan.volumes = [VolumePlan()]
        plan.volumes[0].name = "v"
        var mount = MountPlan()
        mount.path = "/v"
        plan.containers[0].mounts = [mount]
        #expect(try starter.run(plan).output() == "tty\r\ntty\r\n")
    }
}
