// SPDX-License-Identifier: Apache-2.0

import ImageStore
import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

struct ExpansionTests {
    @Test(
        "$(NAME) is replaced, $$ is a literal $, the rest stays",
        arguments: [
            ("$(A)", "1"), ("x$(A)y$(B)z", "x1y22z"), ("$(MISSING)", "$(MISSING)"), ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"), ("$$$$", "$$"), ("$A", "$A"), ("$", "$"), ("a$", "a$"), ("$(", "$("), ("$(A", "$(A"),
            ("$()", "$()"), ("$(A)$", "1$"), ("$$$$(A)", "$$(A)"), ("$(EMPTY)", ""), ("ä$(A)ö", "ä1ö"), ("", ""),
            ("$(A B)", "$(A B)"), ("$((A))", "$((A))"),
        ])
    func expands(text: String, result: String) {
        #expect(expand(text, ["A": "1", "B": "22", "EMPTY": ""]) == result)
    }
}

struct CommandTests {
    @Test(
        "command stands for ENTRYPOINT and drops CMD, args stands for CMD",
        arguments: [
            ([], [], ["e", "c"]), (["x"], [], ["x"]), ([], ["a"], ["e", "a"]), (["x"], ["a"], ["x", "a"]),
            (["$(V)"], ["$$V"], ["1", "$V"]),
        ] as [([String], [String], [String])])
    func combines(command: [String], args: [String], result: [String]) throws {
        let plan = try planned { container in
            container.command = command
            container.args = args
            container.env = [EnvVar(name: "V", value: "1")]
        }
        #expect(plan.arguments == result)
    }

    @Test("The image's ENV is not seen by $(NAME), nor are its words expanded")
    func imageEnvironmentIsNotExpanded() throws {
        let plan = try planned(
            image: testImage {
                $0.entrypoint = ["$(V)"]; $0.environment = ["V=2", "W=3"]
            }
        ) {
            $0.args = ["$(W)", "$(V)"]
            $0.env = [EnvVar(name: "V", value: "1")]
        }
        #expect(plan.arguments == ["$(V)", "$(W)", "1"])
    }

    @Test("Nothing to execute is an error of the container")
    func nothingToExecute() throws {
        let plan = try planned(
            image: testImage {
                $0.entrypoint = []; $0.command = []
            })
        #expect(plan.waiting?.reason == "CreateContainerError")
        #expect(plan.waiting?.message.hasPrefix("no command specified") == true)
    }
}

struct EnvironmentTests {
    @Test("Later wins: PATH and HOSTNAME, the image, the manifest; HOME comes from the image's passwd")
    func order() throws {
        let plan = try planned(image: testImage { $0.environment = ["PATH=/opt/bin", "A=image", "B=image"] }) {
            $0.env = [EnvVar(name: "B", value: "manifest"), EnvVar(name: "C", value: "$(B)-$(A)")]
        }
        #expect(
            plan.environment == [
                "PATH=/opt/bin", "HOSTNAME=pod-x", "A=image", "B=manifest", "C=manifest-$(A)", "HOME=/root",
            ])
    }

    @Test("Without the image's words there is a PATH, and HOME may be given")
    func defaults() throws {
        let plan = try planned { $0.env = [EnvVar(name: "HOME", value: "/work")] }
        #expect(
            plan.environment == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=pod-x", "HOME=/work",
            ])
    }

    @Test("A value sees the variables before it, the last of two with one name wins")
    func references() throws {
        let plan = try planned {
            $0.env = [
                EnvVar(name: "A", value: "$(B)"), EnvVar(name: "B", value: "b"), EnvVar(name: "C", value: "$(B)"),
                EnvVar(name: "B", value: "$(B)b"),
            ]
        }
        #expect(plan.environment.contains("A=$(B)"))
        #expect(plan.environment.contains("B=bb"))
        #expect(plan.environment.contains("C=b"))
    }

    @Test(
        "fieldRef gives fields of the pod; a label that isn't there is empty",
        arguments: [
            ("metadata.name", "pod-x"), ("metadata.namespace", "default"), ("metadata.uid", "uid-1"),
            ("metadata.labels['app']", "web"), ("metadata.labels['none']", ""),
            ("metadata.annotations['a/b']", "note"), ("spec.nodeName", "node-1"),
            ("spec.serviceAccountName", "default"), ("status.podIP", "127.0.0.1"), ("status.hostIP", "127.0.0.1"),
        ])
    func fieldReferences(path: String, value: String) throws {
        let plan = try planned {
            var variable = EnvVar(name: "V", value: "")
            variable.fieldRef = ObjectFieldSelector()
            variable.fieldRef?.fieldPath = path
            $0.env = [variable, EnvVar(name: "W", value: "<$(V)>")]
        }
        #expect(plan.environment.contains("V=\(value)"))
        #expect(plan.environment.contains("W=<\(value)>"))
    }
}
