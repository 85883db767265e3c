// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

/// Every file in `examples/` does what its first lines say.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct ExampleTests {
    private static var examples: [String] {
        let names = (try? OwnedDescriptor.open(project + "/examples", O_RDONLY | O_DIRECTORY).names()) ?? []
        return names.filter { $0.hasSuffix(".yaml") && !["pi.yaml", "cronjob.yaml"].contains($0) }.sorted()
    }

    @Test("It ends with the exit status that its comment names, and leaves nothing", arguments: examples)
    func doesWhatItSays(name: String) throws {
        let place = try Workplace()
        let path = "\(project)/examples/\(name)"
        let line = try #require(place.contents(path).split(separator: "\n").first { $0.contains("exit status") })
        let wanted = try #require(line.split(separator: "exit status ").last?.first?.wholeNumberValue)
        let result = try place.berth("run", "--backoff-base", "50ms", "--backoff-cap", "50ms", path)
        #expect(result.status == CInt(wanted), "\(result.errors)")
        #expect(try place.leftovers() == [])
    }

    @Test("The Job of the documentation prints 2000 digits of pi, from a perl made of Debian's packages")
    func pi() throws {
        let place = try Workplace()
        let made = try place.finish(try place.start("\(project)/scripts/images", ["images", berthExecutable, "perl"]))
        try #require(made.status == 0, "\(made.errors)")
        #expect(try place.berth("image", "tag", "perl", "perl:5.34.0").status == 0)
        let result = try place.berth("run", "\(project)/examples/pi.yaml")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("3.14159265358979323846264338327950288"))
        #expect(result.output.filter(\.isNumber).count == 2000)
    }

    @Test("A Pod by itself is tried again, and its containers share a volume")
    func pod() throws {
        let place = try Workplace()
        let result = try place.berth("run", "--backoff-base", "50ms", "\(project)/examples/pod.yaml")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("hello from the second try\n"), "\(result.output)")
        #expect(result.output.contains("said in greeting\n"), "\(result.output)")
    }

    @Test("Two objects of one generated name are two; a list of Pods is run as they are")
    func generatedNames() throws {
        let place = try Workplace()
        let pod =
            "{metadata: {generateName: p-}, spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [hostname]}]}}"
        let list = "apiVersion: v1\nkind: PodList\nitems: [\(pod), \(pod)]\n"
        let result = try place.berth("run", try place.file("pods.yaml", list))
        #expect(result.status == 0, "\(result.errors)")
        #expect(Set(result.output.split(whereSeparator: \.isNewline)).count == 2, "\(result.output)")
    }

    @Test("The OOM kill is said in words")
    func oom() throws {
        let place = try Workplace()
        let result = try place.berth("run", "\(project)/examples/oom.yaml")
        #expect(result.errors.contains("OOMKilled") && result.errors.contains("memory limit 32Mi"))
    }

    @Test("Each index computes its own square")
    func indexed() throws {
        let place = try Workplace()
        let result = try place.berth("run", "\(project)/examples/indexed.yaml")
        for index in 0..<5 {
            #expect(result.output.contains("squares-\(index): \(index) squared is \(index * index)\n"))
        }
        #expect(result.errors.contains("Completed Indexes:  0-4"))
    }
}
