// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite(.serialized, .enabled(if: isRoot, "needs root: runs real pods"))
struct ImageLayerTests {
    /// Two layers in a docker-archive: busybox and files, and what takes some of them away.
    private static let make = """
        set -e
        cd "$1"
        mkdir -p 1/bin 1/etc 1/full 1/dev 1/proc 1/sys 1/tmp 2/etc 2/full
        cp /bin/busybox 1/bin/busybox
        for applet in sh ls cat test id; do ln -s busybox 1/bin/$applet; done
        echo 'app:x:1234:1234::/:/bin/sh' >1/etc/passwd
        touch 1/etc/gone 1/full/old 2/etc/.wh.gone 2/full/.wh..wh..opq 2/full/new
        for n in 1 2; do tar -C $n --numeric-owner --owner=0 --group=0 -cf $n.tar .; done
        sums=$(sha256sum 1.tar 2.tar | sed 's/ .*//; s/^/"sha256:/; s/$/"/' | paste -sd,)
        machine=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
        printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/bin/sh","-c"],"Cmd":["exit 3"],"Env":["FROM=image"],
          "User":"app","WorkingDir":"/full"},"rootfs":{"type":"layers","diff_ids":[%s]}}' $machine "$sums" >config.json
        echo '[{"Config":"config.json","RepoTags":["layered:1"],"Layers":["1.tar","2.tar"]}]' >manifest.json
        gzip -k 2.tar && mv 2.tar.gz 2.tar
        tar -cf image.tar manifest.json config.json 1.tar 2.tar
        """

    private static func manifest(_ fields: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: layered}
        spec:
          template:
            spec:
              restartPolicy: Never
        \(fields)
              containers:
              - name: it
                image: layered:1
                args: ["echo $FROM $PWD; id -u; ls /full; test ! -e /etc/gone && echo gone"]
        """
    }

    @Test(
        "A loaded image of two layers runs: whiteouts hide, the configuration counts, in a user namespace, too",
        arguments: ["", "      hostUsers: false"])
    func layers(fields: String) throws {
        let place = try Workplace()
        let made = try place.start("/bin/sh", ["sh", "-c", Self.make, "sh", place.directory])
        let making = try place.finish(made)
        try #require(making.status == 0, "\(making.errors)")
        let loaded = try place.berth("image", "load", "-i", place.directory + "/image.tar")
        try #require(loaded.status == 0, "\(loaded.errors)")
        #expect(loaded.output.hasPrefix("loaded layered:1 sha256:"))
        let result = try place.berth("run", try place.file("pod.yaml", Self.manifest(fields)))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("image /full\n"))
        for line in ["1234", "new", "gone"] { #expect(result.output.contains("\(line)\n"), "\(line)") }
        #expect(!result.output.contains("old"))
    }
}
