// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

/// This machine as a node.
private let nodeName: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).lowercased()
}()

/// How many pages of 2 MiB are set apart on this machine.
private let hugePageCount: Int64 = {
    do throws(Errno) {
        return try HugePagePool.all().first { $0.pageBytes == 2 << 20 }?.count ?? 0
    } catch {
        return 0
    }
}()

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct SchedulingTests {
    /// A little more than half of this machine's CPUs.
    private let moreThanHalf = "\(sysconf(CInt(_SC_NPROCESSORS_ONLN)) * 500 + 100)m"

    private func requesting(_ resources: String, _ name: String, _ script: String, _ more: String = "") -> String {
        manifest(name, script, more) + "\n        resources: \(resources)\n"
    }

    @Test("Two pods that together ask for more than the machine has run one after the other")
    func oneAfterTheOther() throws {
        let place = try Workplace()
        let text =
            requesting(
                "{requests: {cpu: \(moreThanHalf)}}", "half", "mkdir /shared/lock && sleep 0.3 && rmdir /shared/lock",
                "parallelism: 3\n  completions: 3"
            )
            .replacing(
                "      containers:\n",
                with: "      volumes: [{name: s, hostPath: {path: \(place.directory)}}]\n      containers:\n")
            + "        volumeMounts: [{name: s, mountPath: /shared}]\n"
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 0, "\(result.errors)")
        let waits =
            "waits for others to end: 0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
        let lines = result.errors.split(separator: "\n").filter {
            $0.contains(waits + "1 No preemption victims found for incoming pod.")
        }
        #expect(lines.count == 1, "\(result.errors)")
    }

    @Test(
        "A pod that asks for more than the machine ever has ends the run, Pending as in a cluster",
        arguments: [
            ("{requests: {cpu: 100k}}", "1 Insufficient cpu"),
            ("{limits: {cpu: 100k, memory: 1Ei}}", "1 Insufficient cpu, 1 Insufficient memory"),
            ("{requests: {ephemeral-storage: 1Ei}}", "1 Insufficient ephemeral-storage"),
            ("{limits: {example.com/gpu: 1}}", "1 Insufficient example.com/gpu"),
        ])
    func never(_ resources: String, _ reasons: String) throws {
        let place = try Workplace()
        let text = requesting(resources, "never", "true", "activeDeadlineSeconds: 60")
        let file = try place.file("job.yaml", text)
        let sentence =
            "0/1 nodes are available: \(reasons). preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        let told = try place.berth("run", file)
        #expect(told.status == 1)
        #expect(told.errors.contains("can never start: Unschedulable: \(sentence) The pod requests "), "\(told.errors)")
        #expect(told.errors.contains("lower its requests"))
        let result = try place.berth("run", "-o", "json", file)
        #expect(result.status == 1)
        #expect(result.output.contains("\"message\": \"\(sentence)\""), "\(result.output)")
        #expect(result.output.contains("\"phase\": \"Pending\""))
        #expect(!result.output.contains("nodeName"))
        #expect(try place.leftovers() == [])
    }

    @Test("More huge pages than the machine has are Insufficient")
    func noHugePages() throws {
        let place = try Workplace()
        let text = requesting("{limits: {hugepages-2Mi: 1Ti, cpu: 10m}}", "huge", "true")
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 1)
        #expect(
            result.errors.contains(
                "can never start: Unschedulable: 0/1 nodes are available: 1 Insufficient hugepages-2Mi."),
            "\(result.errors)")
    }

    @Test(
        "A pod has the huge pages that it asks for, and no more, whatever number of volumes it has",
        .enabled(if: hugePageCount > 1, "needs two huge pages of 2 MiB: see /proc/sys/vm/nr_hugepages"))
    func hugePages() throws {
        let place = try Workplace()
        let text =
            requesting(
                "{limits: {hugepages-2Mi: 2Mi, cpu: 10m}}", "huge",
                "fallocate -l 2097152 /a/f && ! fallocate -l 2097152 /b/f && rm /a/f && fallocate -l 2097152 /b/f"
            )
            .replacing(
                "      containers:\n",
                with:
                    "      volumes: [{name: a, emptyDir: {medium: HugePages}}, {name: b, emptyDir: {medium: HugePages-2Mi}}]\n      containers:\n"
            ) + "        volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b}]\n"
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        let none = requesting("{limits: {cpu: 10m}}", "none", "cat /proc/self/cgroup")
        #expect(try place.berth("run", try place.file("none.yaml", none)).status == 0)
    }

    @Test("An interrupt ends those that wait, too")
    func interrupted() throws {
        let place = try Workplace()
        let text = requesting(
            "{requests: {cpu: \(moreThanHalf)}}", "half", "echo up; exec sleep 600", "parallelism: 2\n  completions: 2")
        let started = try place.start(["run", try place.file("job.yaml", text)])
        while true {
            let (output, errors) = (try place.contents(started.output), try place.contents(started.errors))
            if output.contains("up"), errors.contains("waits for others") { break }
            try #require(kill(started.pid, 0) == 0)
            usleep(20_000)
        }
        kill(started.pid, SIGINT)
        let result = try place.finish(started)
        #expect(result.status == 130, "\(result.errors)")
        #expect(try place.leftovers() == [])
    }

    @Test("A deadline of its Job ends a pod that waits")
    func deadline() throws {
        let place = try Workplace()
        let holder = requesting("{requests: {cpu: \(moreThanHalf)}}", "holder", "sleep 3")
        let late = requesting("{requests: {cpu: \(moreThanHalf)}}", "late", "true", "activeDeadlineSeconds: 1")
        let result = try place.berth("run", "-o", "json", try place.file("jobs.yaml", holder + "---\n" + late))
        #expect(result.status == 1)
        #expect(result.output.contains("DeadlineExceeded"), "\(result.output)")
    }

    private static let mismatch =
        "Unschedulable: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."

    private func selecting(_ field: String) -> String {
        manifest("select", "true").replacing("      containers:\n", with: "      \(field)\n      containers:\n")
    }

    @Test(
        "A pod for another kind of node is Pending as in a cluster, and the run says why",
        arguments: [
            "nodeSelector: {kubernetes.io/arch: s390x}", "nodeSelector: {kubernetes.io/os: windows}",
            "nodeSelector: {pool: batch}",
            "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [elsewhere.invalid]}]}]}}}",
        ])
    func elsewhere(_ field: String) throws {
        let place = try Workplace()
        let result = try place.berth("run", try place.file("job.yaml", selecting(field)))
        #expect(result.status == 1)
        #expect(result.errors.contains("can never start: " + Self.mismatch), "\(result.errors)")
        #expect(result.errors.contains("kubernetes.io/os=linux") && result.errors.contains("--node-label"))
    }

    @Test("The machine's own labels, and those it is given, are ones that pods can select")
    func selected() throws {
        let place = try Workplace()
        let own = try place.file("own.yaml", selecting("nodeSelector: {kubernetes.io/os: linux}"))
        #expect(try place.berth("run", own).status == 0)
        let required =
            "nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: cores, operator: Gt, values: ['8']}]}]}}"
        let text = selecting("nodeSelector: {pool: batch, kubernetes.io/os: linux}\n      affinity: {\(required)}")
        let file = try place.file("job.yaml", text)
        #expect(try place.berth("run", "--node-label", "pool=batch", "--node-label", "cores=16", file).status == 0)
        #expect(try place.berth("run", "--node-label", "pool=batch", "--node-label", "cores=8", file).status == 1)
    }

    @Test(
        "A label that can't be given is bad input",
        arguments: [
            ("pool", "not a label"), ("a b=c", "name part must"), ("kubernetes.io/os=plan9", "what this machine is"),
        ])
    func badLabel(_ label: String, _ message: String) throws {
        let place = try Workplace()
        let result = try place.berth("run", "--node-label", label, try place.file("job.yaml", manifest("a", "true")))
        #expect(result.status == 2 && result.errors.contains(message), "\(result.status) \(result.errors)")
    }

    @Test(
        "A pod that is bound to another node is refused by its path; one bound to this machine is not queued, but rejected",
        .enabled(if: nodeName.utf8.allSatisfy { !"()".utf8.contains($0) }, "this machine has no name"))
    func bound() throws {
        let place = try Workplace()
        let other = try place.berth("run", try place.file("a.yaml", selecting("nodeName: elsewhere.invalid")))
        #expect(other.status == 2)
        #expect(
            other.errors.contains("job/select: spec.template.spec.nodeName: not supported by Berth: the only node is"))
        let text = selecting("nodeName: \(nodeName)")
        #expect(try place.berth("run", try place.file("b.yaml", text)).status == 0)
        let large = text + "\n        resources: {requests: {cpu: 100k}}\n"
        let result = try place.berth("run", "-o", "json", try place.file("c.yaml", large))
        #expect(result.status == 1)
        #expect(result.output.contains("\"reason\": \"OutOfcpu\""), "\(result.output)")
        #expect(
            result.output.contains("Node didn't have enough resource: cpu, requested: 100000000, used: 0, capacity: "))
    }
}
