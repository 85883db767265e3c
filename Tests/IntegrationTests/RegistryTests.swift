// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

private let hasRegistry =
    isRoot
    && ["/usr/bin/docker-registry", "/usr/bin/skopeo", "/bin/busybox"].allSatisfy { (path: String) in
        access(path, X_OK) == 0
    }

@Suite(
    .enabled(if: hasRegistry, "needs root, docker-registry, skopeo and a static busybox: scripts/setup --tests"),
    .serialized)
struct RegistryTests {
    /// Debian's registry on loopback.
    private final class Registry {
        let authority: String
        private let place: Workplace
        private var pid: pid_t

        init(in place: Workplace) throws {
            self.place = place
            _ = try place.file(
                "registry.yml",
                """
                version: 0.1
                log: {level: info, formatter: json}
                storage: {filesystem: {rootdirectory: \(place.directory)/storage}}
                http: {addr: "127.0.0.1:0", secret: test}

                """)
            let started = try place.start(
                "/bin/sh",
                [
                    "sh", "-c", "exec docker-registry serve \"$0/registry.yml\" >\"$0/access\" 2>\"$0/log\"",
                    place.directory,
                ])
            pid = started.pid
            var port = ""
            while port.isEmpty {
                usleep(5000)
                let log = (try? place.contents("\(place.directory)/log")) ?? ""
                guard let start = log.firstRange(of: "listening on 127.0.0.1:") else { continue }
                port = String(log[start.upperBound...].prefix { $0.isNumber })
            }
            authority = "127.0.0.1:\(port)"
        }

        /// Puts `library/tool:v1` into it: an image of busybox with a file and an entrypoint.
        func addTool() throws {
            let script = """
                set -e
                cd "$1"
                mkdir -p root/bin root/work
                cp /bin/busybox root/bin/
                for name in sh cat id pwd; do ln -s busybox root/bin/$name; done
                echo 'from a registry' > root/work/file
                tar -C root --owner=0 --group=0 -cf layer.tar .
                sum=$(sha256sum layer.tar | cut -d ' ' -f 1)
                architecture=$(dpkg --print-architecture)
                echo '{"architecture":"'$architecture'","os":"linux","config":{"Entrypoint":["/bin/cat"],"Cmd":["file"],' \\
                  '"WorkingDir":"/work","Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$sum'"]}}' >config.json
                echo '[{"Config":"config.json","RepoTags":[],"Layers":["layer.tar"]}]' >manifest.json
                tar -cf image.tar manifest.json config.json layer.tar
                """
            let made = try place.finish(try place.start("/bin/sh", ["sh", "-c", script, "sh", place.directory]))
            try #require(made.status == 0, "\(made.errors)")
            try add("docker-archive:\(place.directory)/image.tar", as: "library/tool:v1")
        }

        /// Puts an image into it from where skopeo finds it.
        func add(_ image: String, as name: String) throws {
            let copied = try place.finish(
                try place.start(
                    "/usr/bin/skopeo",
                    [
                        "skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false",
                        image, "docker://\(authority)/\(name)",
                    ]))
            try #require(copied.status == 0, "\(copied.errors)")
        }

        /// Ends it.
        func end() {
            guard pid > 0 else { return }
            defer { pid = 0 }
            kill(pid, SIGKILL)
            var status: CInt = 0
            _ = waitpid(pid, &status, 0)
        }
    }

    private func job(_ image: String, _ more: String = "") -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: pulled}
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              containers:
              - name: main
                image: \(image)
                \(more)

        """
    }

    @Test("A Job's image is pulled from a mirror, runs as its configuration says, and is there for the next run")
    func mirror() throws {
        let place = try Workplace()
        let registry = try Registry(in: place)
        defer { registry.end() }
        try registry.addTool()
        let settings = try place.file(
            "registries.yaml", "registries: {docker.io: {mirrors: [{url: \"http://\(registry.authority)\"}]}}\n")
        let manifest = try place.file("job.yaml", job("tool:v1"))
        let first = try place.berth("run", "--registries-config", settings, manifest)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output == "from a registry\n")
        registry.end()
        let second = try place.berth("run", "--registries-config", settings, manifest)
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.output == "from a registry\n")
        #expect(try place.leftovers().isEmpty)
    }

    @Test(
        "The Job of the documentation gets perl:5.34.0 from a mirror of docker.io, and prints 2000 digits of pi",
        .enabled(
            if: getenv("BERTH_VM") == nil,
            "a perl that is made, pushed, pulled and unpacked takes minutes there; runs natively"))
    func pi() throws {
        let maker = try Workplace()
        let made = try maker.finish(try maker.start("\(project)/scripts/images", ["images", berthExecutable, "perl"]))
        try #require(made.status == 0, "\(made.errors)")
        let archive = "\(maker.directory)/perl.tar"
        let saved = try maker.berth("image", "save", "-o", archive, "perl")
        try #require(saved.status == 0, "\(saved.errors)")
        let registry = try Registry(in: maker)
        defer { registry.end() }
        try registry.add("oci-archive:\(archive)", as: "library/perl:5.34.0")

        let place = try Workplace()
        let settings = try place.file(
            "registries.yaml", "registries: {docker.io: {mirrors: [{url: \"http://\(registry.authority)\"}]}}\n")
        let result = try place.berth("run", "--registries-config", settings, "\(project)/examples/pi.yaml")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("3.14159265358979323846264338327950288"))
        #expect(result.output.filter(\.isNumber).count == 2000)
        #expect(try place.leftovers().isEmpty)
    }

    @Test("An image that isn't there fails its Job in the registry's words")
    func missing() throws {
        let place = try Workplace()
        let registry = try Registry(in: place)
        defer { registry.end() }
        try registry.addTool()
        let result = try place.berth("run", try place.file("job.yaml", job("\(registry.authority)/library/tool:v2")))
        #expect(result.status != 0)
        #expect(result.errors.contains("not found: manifest unknown"), "\(result.errors)")
        let pulled = try place.berth("image", "pull", "\(registry.authority)/library/tool:v1")
        #expect(pulled.status == 0, "\(pulled.errors)")
        let list = try place.berth("image", "ls")
        #expect(list.output.contains("\(registry.authority)/library/tool"), "\(list.output)")
    }

    @Test("A wrong registries.yaml is told by its line before anything is pulled")
    func wrongSettings() throws {
        let place = try Workplace()
        let settings = try place.file("registries.yaml", "serach: []\n")
        let result = try place.berth("image", "pull", "--registries-config", settings, "tool:v1")
        #expect(result.status == 2)
        #expect(result.errors.contains("registries.yaml:1: unknown field \"serach\" (did you mean \"search\"?)"))
    }
}
