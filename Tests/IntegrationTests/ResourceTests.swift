// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct ResourceTests {
    /// Two containers that hold 24 MiB each for a moment.
    private func pair(_ resources: String) -> String {
        let script = "set -o pipefail; dd if=/dev/zero bs=24M count=1 2>/dev/null | (sleep 2; cat >/dev/null)"
        return manifest("pair", script)
            .replacing("      containers:\n", with: "      \(resources)\n      containers:\n")
            + "\n      - {name: other, image: busybox, command: [sh, -c, \"\(script)\"]}\n"
    }

    @Test("A pod's memory limit is for its containers together")
    func podMemory() throws {
        let place = try Workplace()
        let text = pair("resources: {limits: {memory: 40Mi}}")
        let result = try place.berth("run", "-o", "json", try place.file("job.yaml", text))
        #expect(result.status == 1)
        #expect(result.output.contains("OOMKilled"), "\(result.output)")
        let enough = pair("resources: {limits: {memory: 80Mi}}")
        #expect(try place.berth("run", try place.file("job.yaml", enough)).status == 0)
    }

    @Test(
        "A pod with more on disk than it may have is evicted",
        arguments: [
            (
                "volumes: [{name: d, emptyDir: {sizeLimit: 1Mi}}]", "volumeMounts: [{name: d, mountPath: /d}]",
                "head -c 3m /dev/zero > /d/f", "Usage of EmptyDir volume \"d\" exceeds the limit \"1Mi\". "
            ),
            (
                "", "resources: {limits: {ephemeral-storage: 1Mi}}", "head -c 3m /dev/zero > /f",
                "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. "
            ),
            (
                "", "resources: {limits: {ephemeral-storage: 1Mi}}", "head -c 1m /dev/zero | hexdump -v",
                "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. "
            ),
        ])
    func eviction(pod: String, container: String, script: String, message: String) throws {
        let place = try Workplace()
        let text =
            manifest("full", "\(script); sleep 60")
            .replacing("      containers:\n", with: "      \(pod)\n      containers:\n")
            + "\n        \(container)\n"
        let result = try place.berth(
            "run", "-o", "json", "--storage-interval", "50ms", try place.file("job.yaml", text))
        #expect(result.status == 1)
        #expect(result.output.contains("\"reason\": \"Evicted\""), "\(result.output)")
        // That is for pods that are in the way of others; these are to blame themselves.
        #expect(!result.output.contains("DisruptionTarget"))
        #expect(result.output.contains(message.replacing("\"", with: "\\\"")), "\(result.output)")
    }

    @Test("A pod that keeps its limits on disk is left alone")
    func noEviction() throws {
        let place = try Workplace()
        let text =
            manifest("fits", "head -c 1m /dev/zero > /d/f; sleep 1")
            .replacing(
                "      containers:\n",
                with: "      volumes: [{name: d, emptyDir: {sizeLimit: 2Mi}}]\n      containers:\n")
            + "\n        volumeMounts: [{name: d, mountPath: /d}]\n        resources: {limits: {ephemeral-storage: 8Mi}}\n"
        #expect(try place.berth("run", "--storage-interval", "50ms", try place.file("job.yaml", text)).status == 0)
    }

    @Test("The class of a pod follows from its own resources")
    func qosClass() throws {
        let place = try Workplace()
        let text = manifest("class", "true").replacing(
            "      containers:\n", with: "      resources: {limits: {cpu: 500m, memory: 64Mi}}\n      containers:\n")
        let result = try place.berth("run", "-o", "yaml", try place.file("job.yaml", text))
        #expect(result.status == 0)
        #expect(result.output.contains("qosClass: Guaranteed"))
    }
}
