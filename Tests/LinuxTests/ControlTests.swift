// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

struct EpollTests {
    @Test("A pipe is reported with its word when there is something to read, and when its writer is gone")
    func pipe() throws {
        let epoll = try Epoll()
        let pair = try SocketPair(.stream, nonBlocking: true)
        try epoll.add(pair.ours.rawValue, Epoll.readable, token: 42)
        #expect(try epoll.wait(milliseconds: 0) { _ in } == 0)
        try pair.theirs.write("x")
        var tokens: [UInt64] = []
        try epoll.wait(milliseconds: -1) { tokens.append($0.token) }
        #expect(tokens == [42])
        let ours = pair.takeOurs()
        // Nothing is left to read, so that only the hang-up wakes us: a process that another suite has just forked may
        // hold the writer for a moment longer.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)
        defer { buffer.deallocate() }
        #expect(try ours.read(into: buffer) == 1)
        var hangUps = 0
        try epoll.wait(milliseconds: -1) { if $0.isHangUp { hangUps += 1 } }
        #expect(hangUps == 1)
        try epoll.remove(ours.rawValue)
    }

    @Test("A boot timer goes off at its time, once, and not when it was taken back")
    func timer() throws {
        let clock = BootClock()
        let timer = try ClockTimer(.boot)
        let epoll = try Epoll()
        try epoll.add(timer.descriptor.rawValue, Epoll.readable, token: 1)
        let began = clock.now
        try timer.set(clock.bootTime(began + 20_000_000))
        #expect(try epoll.wait(milliseconds: -1) { _ in } == 1)
        #expect(clock.now - began >= 20_000_000)
        try timer.acknowledge()
        #expect(try epoll.wait(milliseconds: 0) { _ in } == 0)
        try timer.set(1)
        try timer.set(nil)
        #expect(try epoll.wait(milliseconds: 0) { _ in } == 0)
        try timer.acknowledge()
    }

    @Test("A timer of the wall clock goes off when that clock shows its time")
    func wallTimer() throws {
        let clock = WallClock()
        let timer = try ClockTimer(.wall)
        let epoll = try Epoll()
        try epoll.add(timer.descriptor.rawValue, Epoll.readable, token: 1)
        let time = clock.now + 20_000_000
        try timer.set(time)
        #expect(try epoll.wait(milliseconds: -1) { _ in } == 1)
        #expect(clock.now >= time)
    }
}

struct DirectoryTests {
    @Test("A tree is removed, links are not followed, and nothing there is no error")
    func removeTree() throws {
        let name = "berth-linux-test-\(getpid())"
        let parent = try OwnedDescriptor.open("/tmp", O_RDONLY | O_DIRECTORY)
        try parent.makeDirectory(name)
        defer { try? parent.removeTree(name) }
        let outside = try parent.open(name, O_RDONLY | O_DIRECTORY)
        try outside.makeDirectory("kept")
        try outside.makeDirectory("kept/inside")
        try outside.makeDirectory("tree")
        try outside.makeDirectory("tree/a")
        _ = try outside.open("tree/file", O_WRONLY | O_CREAT, mode: 0o600)
        try retrying { symlink("../kept", "/tmp/\(name)/tree/link") }
        try outside.removeTree("tree")
        try outside.removeTree("tree")
        #expect(try outside.names() == ["kept"])
        #expect(try outside.open("kept", O_RDONLY | O_DIRECTORY).names() == ["inside"])
        try parent.removeTree(name)
    }

    @Test("A locked file is refused to another open of it until it is closed")
    func locks() throws {
        let path = "/tmp/berth-lock-test-\(getpid())"
        defer { unlink(path) }
        let other = try OwnedDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        do {
            let holder = try OwnedDescriptor.open(path, O_RDWR)
            #expect(try holder.lock(wait: false))
            #expect(try !other.lock(wait: false))
        }
        #expect(try other.lock(wait: false))
    }
}

struct SpawnTests {
    @Test("A child has its descriptors from 3 on, an empty environment, and its end is told")
    func spawn() throws {
        let pair = try SocketPair(.stream, nonBlocking: false)
        let child = try ChildProcess.start(
            "/bin/sh", arguments: ["sh", "-c", "printf %s \"$HOME\" >&3; exit 7"], descriptors: [pair.theirs.rawValue])
        #expect(try child.reap(wait: true) == 7)
        let ours = pair.takeOurs()
        #expect(try ours.readAll(limit: 100) == [])
    }

    @Test("A program that isn't there is ENOENT")
    func missing() {
        #expect(throws: Errno(ENOENT)) {
            _ = try ChildProcess.start("/nonexistent", arguments: ["x"], descriptors: [])
        }
    }
}
