// SPDX-License-Identifier: Apache-2.0

import ImageStore
import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

/// The objects of these tests: ConfigMap `c`, Secret `s`.
var testConfigs: ConfigSource {
    ConfigSource { kind, namespace, name in
        guard namespace == "default" else { return nil }
        switch (kind, name) {
        case (.configMap, "c"):
            return .init(
                data: ["A": Array("a".utf8), "B": Array("$(A)".utf8), "sub.key": Array("text\n".utf8)],
                binaryData: ["bin": [0, 255, 1]])
        case (.secret, "s"): return .init(data: ["password": Array("hunter2".utf8), "raw": [0xff, 0xfe], "B": [98]])
        case (.secret, "plain"): return .init(data: ["password": Array("hunter2".utf8), "B": [98]])
        default: return nil
        }
    }
}

struct EnvironmentSourcesTests {
    private func from(_ kind: ConfigSource.Kind, _ name: String, prefix: String = "", optional: Bool? = nil)
        -> EnvFromSource
    {
        var (entry, source) = (EnvFromSource(), ObjectSource())
        (source.name, source.optional) = (name, optional)
        entry.prefix = prefix
        if kind == .configMap { entry.configMapRef = source } else { entry.secretRef = source }
        return entry
    }

    private func variable(_ name: String, _ change: (inout EnvVar) -> Void) -> EnvVar {
        var variable = EnvVar(name: name, value: "")
        change(&variable)
        return variable
    }

    private func selector(_ name: String, _ key: String, optional: Bool? = nil) -> KeySelector {
        var selector = KeySelector()
        (selector.name, selector.key, selector.optional) = (name, key, optional)
        return selector
    }

    /// What the manifest adds, after PATH and HOSTNAME and before HOME.
    private func manifest(_ change: (inout Container) -> Void) throws -> [String] {
        let plan = try planned(change)
        #expect(plan.waiting == nil, "\(plan.waiting?.message ?? "")")
        return Array(plan.environment.dropFirst(2).dropLast())
    }

    @Test("envFrom gives all entries by name, later sources win, and env wins over both; values are not expanded")
    func order() throws {
        let environment = try manifest {
            $0.envFrom = [from(.configMap, "c"), from(.secret, "plain"), from(.secret, "plain", prefix: "P_")]
            $0.env = [EnvVar(name: "A", value: "<$(A)$(password)>"), EnvVar(name: "Z", value: "$(A)")]
        }
        #expect(
            environment == [
                "A=<ahunter2>", "B=b", "sub.key=text\n", "password=hunter2", "P_B=b", "P_password=hunter2",
                "Z=<ahunter2>",
            ])
    }

    @Test("With a terminal there is a TERM, unless somebody says another")
    func term() throws {
        #expect(try planned { $0.tty = true }.environment.contains("TERM=xterm"))
        let image = testImage { $0.environment = ["TERM=linux"] }
        #expect(try planned(image: image) { $0.tty = true }.environment.contains("TERM=linux"))
        #expect(try !planned { $0.stdin = true }.environment.contains { $0.hasPrefix("TERM=") })
    }

    @Test("Commands see what envFrom gives")
    func command() throws {
        let plan = try planned {
            $0.envFrom = [from(.configMap, "c")]
            $0.command = ["x", "$(A)", "$(sub.key)", "$(bin)"]
        }
        #expect(plan.arguments == ["x", "a", "text\n", "$(bin)"])
    }

    @Test("A key of a ConfigMap or a Secret is a variable; an optional one that isn't there is none")
    func keys() throws {
        let environment = try manifest {
            $0.env = [
                variable("X") { $0.configMapKeyRef = selector("c", "A") },
                variable("Y") { $0.secretKeyRef = selector("s", "password") },
                variable("N") { $0.configMapKeyRef = selector("c", "none", optional: true) },
                variable("M") { $0.secretKeyRef = selector("none", "k", optional: true) },
                EnvVar(name: "W", value: "$(X)$(Y)$(N)"),
            ]
            $0.envFrom = [from(.secret, "none", optional: true)]
        }
        #expect(environment == ["X=a", "Y=hunter2", "W=ahunter2$(N)"])
    }

    @Test(
        "What isn't there keeps the container waiting, in the kubelet's words",
        arguments: [
            (ConfigSource.Kind.configMap, "none", "k", "configmap \"none\" not found"),
            (.secret, "none", "k", "secret \"none\" not found"),
            (.configMap, "c", "k", "couldn't find key k in ConfigMap default/c"),
            (.secret, "s", "k", "couldn't find key k in Secret default/s"),
            // binaryData is for files alone.
            (.configMap, "c", "bin", "couldn't find key bin in ConfigMap default/c"),
        ])
    func missing(kind: ConfigSource.Kind, name: String, key: String, message: String) throws {
        let plan = try planned {
            $0.env = [
                variable("X") {
                    if kind == .configMap {
                        $0.configMapKeyRef = selector(name, key)
                    } else {
                        $0.secretKeyRef = selector(name, key)
                    }
                }
            ]
        }
        #expect(plan.waiting == .init(reason: "CreateContainerConfigError", message: message))
    }

    @Test("So does a source of envFrom", arguments: [ConfigSource.Kind.configMap, .secret])
    func missingSource(kind: ConfigSource.Kind) throws {
        let plan = try planned { $0.envFrom = [from(kind, "none")] }
        #expect(plan.waiting?.reason == "CreateContainerConfigError")
        #expect(plan.waiting?.message == kind.absent("none"))
    }

    @Test("A value that no variable can hold is refused, not mended")
    func binary() throws {
        let plan = try planned { $0.envFrom = [from(.secret, "s")] }
        #expect(plan.waiting?.reason == "CreateContainerError")
        #expect(plan.waiting?.message.hasPrefix("key raw of Secret \"s\" is no text") == true)
    }

    @Test(
        "resourceFieldRef gives the amount in units of the divisor, rounded up; without a limit the node's",
        arguments: [
            ("limits.cpu", "", "2"), ("limits.cpu", "1m", "1500"), ("requests.cpu", "", "1"),
            ("requests.cpu", "1m", "250"), ("limits.memory", "", "67108864"), ("limits.memory", "1Mi", "64"),
            ("limits.memory", "1M", "68"), ("limits.memory", "1G", "1"), ("requests.memory", "1Mi", "0"),
            ("limits.ephemeral-storage", "1Gi", "100"), ("requests.ephemeral-storage", "", "0"),
            ("limits.hugepages-2Mi", "", "0"),
        ])
    func resources(resource: String, divisor: String, value: String) throws {
        var host = testHost
        host.diskBytes = 100 << 30
        let plan = try planned(host: host) {
            $0.resources.limits = ["cpu": Quantity("1500m")!, "memory": Quantity("64Mi")!]
            $0.resources.requests = ["cpu": Quantity("250m")!]
            $0.env = [
                variable("R") {
                    $0.resourceFieldRef = ResourceFieldSelector()
                    $0.resourceFieldRef?.resource = resource
                    $0.resourceFieldRef?.divisor = Quantity(divisor)
                }
            ]
        }
        #expect(plan.environment.contains("R=\(value)"), "\(plan.environment)")
    }

    @Test("A container without limits may use what the pod may, else the node; another container can be named")
    func otherLimits() throws {
        func plan(_ change: (inout Pod) -> Void) throws -> ContainerPlan {
            try plannedPod(host: testHost) { pod in
                pod.spec.containers[0].env = ["cpu", "memory"].map { name in
                    variable(name) {
                        $0.resourceFieldRef = ResourceFieldSelector()
                        $0.resourceFieldRef?.resource = "limits.\(name)"
                    }
                }
                change(&pod)
            }
        }
        #expect(try plan { _ in }.environment.contains("cpu=1"))
        #expect(try plan { _ in }.environment.contains("memory=\(8 << 30)"))
        let limited = try plan {
            $0.spec.resources = ResourceRequirements()
            $0.spec.resources?.limits = ["cpu": Quantity("3")!]
        }
        #expect(limited.environment.contains("cpu=3") && limited.environment.contains("memory=\(8 << 30)"))
        let named = try plan {
            var other = $0.spec.containers[0]
            other.name = "other"
            other.env = []
            other.resources.limits = ["cpu": Quantity("7")!]
            $0.spec.initContainers = [other]
            $0.spec.containers[0].env[0].resourceFieldRef?.containerName = "other"
        }
        #expect(named.environment.contains("cpu=7"))
        let unknown = try plan { $0.spec.containers[0].env[0].resourceFieldRef?.containerName = "nobody" }
        #expect(unknown.waiting == .init(reason: "CreateContainerConfigError", message: "container nobody not found"))
    }

    @Test(
        "Values in files are quoted as Go quotes them",
        arguments: [
            ("plain", "\"plain\""), ("a\"b\\c", #""a\"b\\c""#), ("\u{7}\u{8}\u{c}\n\r\t\u{b}", #""\a\b\f\n\r\t\v""#),
            ("\0\u{1f}\u{7f}", #""\x00\x1f\x7f""#), ("äß漢😀 x", "\"äß漢😀 x\""),
            ("\u{a0}\u{200b}\u{ad}\u{2028}\u{e000}", #""\u00a0\u200b\u00ad\u2028\ue000""#),
            ("\u{1f1e6}\u{e0001}", "\"\u{1f1e6}\\U000e0001\""), ("e\u{301}", "\"e\u{301}\""),
        ])
    func quotes(text: String, quoted: String) {
        #expect(goQuoted(text).unicodeScalars.elementsEqual(quoted.unicodeScalars))
    }

    @Test("A variable out of a file is a mark where its value will be; without it what there was before stays")
    func files() throws {
        func reference(_ name: String, optional: Bool? = nil) -> EnvVar {
            variable(name) {
                var selector = FileKeySelector()
                (selector.volumeName, selector.path, selector.key, selector.optional) = ("e", "p", "K", optional)
                $0.fileKeyRef = selector
            }
        }
        let plan = try planned {
            $0.env = [
                reference("F"), EnvVar(name: "G", value: "<$(F)>"), EnvVar(name: "A", value: "before"),
                reference("A", optional: true), reference("HOME"), EnvVar(name: "Z", value: "$(A)"),
            ]
            $0.command = ["run", "$(A)", "$(NONE)"]
        }
        let marks = (0...2).map { FileVariablePlan.mark($0) }
        for entry in ["F=\(marks[0])", "G=<\(marks[0])>", "A=\(marks[1])", "HOME=\(marks[2])", "Z=\(marks[1])"] {
            #expect(plan.environment.contains(entry), "\(entry)")
        }
        #expect(plan.arguments == ["run", marks[1], "$(NONE)"])
        #expect(plan.fileVariables.map(\.name) == ["F", "A", "HOME"])
        #expect(plan.fileVariables.map(\.optional) == [false, true, false])
        #expect(plan.fileVariables.map(\.substitute) == ["$(F)", "before", "$(HOME)"])
        #expect(plan.fileVariables.map(\.entry) == [nil, "A=before", "HOME=/root"])
        #expect((plan.fileVariables[0].path, plan.fileVariables[0].key) == ("p", "K"))
    }
}
