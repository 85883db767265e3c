// SPDX-License-Identifier: Apache-2.0

import Manifest
import Testing

@testable import KubernetesAPI

private let key =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

struct ConfigObjectTests {
    private func text(_ kind: String, _ more: String, name: String = "x") -> String {
        "apiVersion: v1\nkind: \(kind)\nmetadata: {name: \(name)}\n\(more)\n"
    }

    private func read(_ text: String) throws -> ManifestObject {
        let reading = readManifests(text, fileName: "")
        if let fault = reading.faults.first { throw fault }
        return try #require(reading.objects.first)
    }

    @Test("A ConfigMap has texts and bytes, and is written as it was read")
    func configMap() throws {
        let object = try read(
            text("ConfigMap", "data: {a: 'one', b.c: \"two\\n\"}\nbinaryData: {z: AP8B}\nimmutable: true"))
        guard case .configMap(let map) = object else { throw Fault(.notFound(value: "ConfigMap")) }
        #expect(map.data == ["a": "one", "b.c": "two\n"] && map.binaryData["z"]?.bytes == [0, 255, 1])
        #expect(try read(object.value.yaml) == object)
    }

    @Test("stringData goes over data and is never written; a Secret is Opaque when nothing is said")
    func secret() throws {
        let object = try read(text("Secret", "data: {a: b25l, b: dHdv}\nstringData: {b: drei, c: ''}"))
        guard case .secret(let secret) = object else { throw Fault(.notFound(value: "Secret")) }
        #expect(secret.type == "Opaque")
        #expect(
            secret.data.mapValues { String(decoding: $0.bytes, as: UTF8.self) } == ["a": "one", "b": "drei", "c": ""])
        let yaml = object.value.yaml
        #expect(yaml.contains("b: ZHJlaQ==") && !yaml.contains("stringData"))
        #expect(try read(yaml) == object)
    }

    @Test(
        "Faults are those of the API server, and show nothing of a secret",
        arguments: [
            ("ConfigMap", "data: {a/b: x}", "data[a/b]: Invalid value: \"a/b\": \(key)"),
            ("ConfigMap", "data: {..a: x}", "data[..a]: Invalid value: \"..a\": must not start with '..'"),
            (
                "ConfigMap", "data: {a: x}\nbinaryData: {a: ''}",
                "data.a: Invalid value: \"a\": duplicate of key present in binaryData"
            ),
            ("ConfigMap", "binaryData: {'': ''}", "binaryData[]: Invalid value: \"\": \(key)"),
            (
                "ConfigMap", "data: {a: 5}",
                "data.a: Invalid type: expected a string, found the number 5: put it in quotes"
            ),
            (
                "Secret", "data: {a: hunter2}",
                "data.a: Invalid value: \"<secret contents redacted>\": illegal base64 data at input byte 7"
            ),
            ("Secret", "data: {a: 12345}", "data.a: Invalid type: expected base64 text, found a number"),
            (
                "Secret", "stringData: {a: 12345}",
                "stringData.a: Invalid type: expected a string, found a number: put it in quotes"
            ),
            ("Secret", "stringData: {a b: x}", "data[a b]: Invalid value: \"a b\": \(key)"),
            ("Secret", "type: kubernetes.io/ssh-auth", "data.ssh-privatekey: Required value"),
            ("Secret", "type: kubernetes.io/dockerconfigjson", "data[.dockerconfigjson]: Required value"),
            ("Secret", "type: kubernetes.io/tls\nstringData: {tls.crt: x}", "data[tls.key]: Required value"),
        ])
    func faulty(kind: String, more: String, fault: String) {
        #expect(faults(in: text(kind, more)) == [fault])
    }

    @Test("A mebibyte is the most that an object holds", arguments: ["ConfigMap", "Secret"])
    func bound(kind: String) {
        let field = kind == "Secret" ? "stringData" : "data"
        let fits = String(repeating: "x", count: 1 << 20)
        #expect(faults(in: text(kind, "\(field): {a: \(fits)}")) == [])
        let place = kind == "Secret" ? "data: " : ""
        #expect(
            faults(in: text(kind, "\(field): {a: \(fits), b: x}")) == [
                "\(place)Too long: may not be more than 1048576 bytes"
            ])
    }

    @Test("They may be in a List, and their name is a DNS subdomain")
    func list() throws {
        let reading = readManifests(
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a.b}}\n- {apiVersion: v1, kind: Secret, metadata: {name: B}}\n",
            fileName: "")
        #expect(reading.objects.count == 2)
        #expect(reading.faults.map(\.path.description) == ["items[1].metadata.name"])
    }

    @Test(
        "Base 64 is read and written",
        arguments: [
            ("", []), ("QQ==", [65]), ("QUI=", [65, 66]), ("QUJD", [65, 66, 67]), ("QUJD\nRA==\n", [65, 66, 67, 68]),
            ("//+/", [0xff, 0xff, 0xbf]),
        ] as [(String, [UInt8])])
    func base64(text: String, bytes: [UInt8]) throws {
        #expect(try Base64.decode(text) == bytes)
        #expect(Base64.encode(bytes) == text.filter { $0 != "\n" })
    }

    @Test(
        "What is none is refused where it goes wrong",
        arguments: [
            ("Q", 1), ("QQ=", 3), ("Q===", 1), ("=QQQ", 0), ("QQ=A", 3), ("QUJD=", 4), ("QUJD====", 4), ("Q Q=", 1),
            ("QUJ-", 3), ("QUJé", 3),
        ])
    func notBase64(text: String, offset: Int) {
        #expect(throws: Base64.Failure(offset: offset)) { try Base64.decode(text) }
    }
}
