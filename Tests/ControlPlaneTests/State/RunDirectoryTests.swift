// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

@testable import ControlPlane

struct RunDirectoryTests {
    private let uid = "11111111-2222-4333-8444-555555555555"

    @Test("The list of pods is written anew once most of them are gone, and a sweep reads it")
    func shorten() throws {
        let scratch = try Scratch()
        let state = try StateDirectory(scratch.path + "/state")
        let runs = try state.directory("runs")
        var run = try RunDirectory("run", in: runs, at: state.path + "/runs")
        for _ in 0..<5000 { try run.note(uid: uid) }
        let isLong = (run.isLong(for: 10), run.isLong(for: 2500))
        #expect(isLong == (true, false))
        try run.shorten(to: ["a", "b"])
        let isLongStill = run.isLong(for: 0)
        #expect(!isLongStill)
        try run.note(uid: uid)
        let list = try OwnedDescriptor.open(run.path + "/uids", O_RDONLY).readAll(limit: 1 << 20)
        #expect(String(decoding: list, as: UTF8.self) == "a\nb\n\(uid)\n")
    }

    @Test("A run that somebody holds is left alone; when nobody does, it is swept")
    func sweep() throws {
        let scratch = try Scratch()
        let state = try StateDirectory(scratch.path + "/state")
        let runs = try state.directory("runs")
        do {
            var live = try RunDirectory("live", in: runs, at: state.path + "/runs")
            try live.note(uid: uid)
            try retrying { mkdir(live.podsDirectory + "/" + uid, 0o700) }
            let own = try RunDirectory("own", in: runs, at: state.path + "/runs")
            let first = Sweep.run(runs: runs, own: "own")
            #expect(first.removed == 0 && first.busy && first.troubles.isEmpty)
            #expect(try scratch.names("state/runs") == ["live", "own"])
            // A copy is what a supervisor has: it keeps the run alive.
            let copy = try live.lock.duplicate()
            _ = consume live
            #expect(Sweep.run(runs: runs, own: "own").busy)
            _ = consume copy
            let second = Sweep.run(runs: runs, own: "own")
            #expect(second.removed == 1 && !second.busy && second.troubles.isEmpty)
            #expect(try scratch.names("state/runs") == ["own"])
            try own.remove(from: runs)
        }
        #expect(try scratch.names("state/runs") == [])
    }

    @Test("A run that died before it had a lock is swept")
    func withoutLock() throws {
        let scratch = try Scratch()
        let state = try StateDirectory(scratch.path)
        let runs = try state.directory("runs")
        try runs.makeDirectory("early")
        #expect(Sweep.run(runs: runs, own: "own").removed == 1)
        #expect(try scratch.names("runs") == [])
    }

    @Test("A state directory that is a link, or that others may write to, is refused")
    func link() throws {
        let scratch = try Scratch()
        try retrying { mkdir(scratch.path + "/open", 0o700) }
        try retrying { chmod(scratch.path + "/open", 0o777) }
        #expect(throws: RunError.self) { _ = try StateDirectory(scratch.path + "/open") }
        try retrying { symlink("/tmp", scratch.path + "/link") }
        #expect(throws: RunError.self) { _ = try StateDirectory(scratch.path + "/link") }
    }
}

struct LogRetentionTests {
    @Test("The newest logs are kept, up to the maximum")
    func trims() throws {
        let scratch = try Scratch()
        for number in 0..<5 {
            let path = scratch.path + "/default_p\(number)_u"
            try retrying { mkdir(path, 0o700) }
            let times = [timespec(tv_sec: 1000 + number, tv_nsec: 0), timespec(tv_sec: 1000 + number, tv_nsec: 0)]
            try retrying { utimensat(AT_FDCWD, path, times, 0) }
        }
        var logs = LogRetention(
            logs: try OwnedDescriptor.open(scratch.path, O_RDONLY | O_DIRECTORY), maximum: 2)
        try logs.trim(except: [])
        #expect(try scratch.names().count == 5)
        logs.keep()
        try logs.trim(except: [])
        #expect(try scratch.names() == ["default_p3_u", "default_p4_u"])
        try logs.remove("/anywhere/default_p3_u")
        #expect(try scratch.names() == ["default_p4_u"])
    }

    @Test("Logs of pods that run are none of the kept ones")
    func running() throws {
        let scratch = try Scratch()
        for name in ["default_old_u", "default_new_u"] { try retrying { mkdir(scratch.path + "/" + name, 0o700) } }
        var logs = LogRetention(
            logs: try OwnedDescriptor.open(scratch.path, O_RDONLY | O_DIRECTORY), maximum: 0)
        var isUntidy = [logs.isUntidy]
        logs.keep()
        isUntidy.append(logs.isUntidy)
        try logs.trim(except: ["/var/lib/berth/logs/pods/default_old_u"])
        #expect(try scratch.names() == ["default_old_u"])
        isUntidy.append(logs.isUntidy)
        #expect(isUntidy == [false, true, false])
    }
}

struct UserRangesTests {
    @Test("No two pods have the same range, whoever runs them; one that was given back is free again")
    func distinct() throws {
        let scratch = try Scratch()
        var one = UserRanges(state: scratch.path)
        var other = UserRanges(state: scratch.path)
        let first = try #require(try one.take())
        let second = try #require(try other.take())
        let third = try #require(try one.take())
        #expect(Set([first.start, second.start, third.start]).count == 3)
        #expect(first.start >= 1_879_048_192 && first.count == 65536)
        try one.giveBack(first)
        #expect(try other.take() == first)
    }
}
