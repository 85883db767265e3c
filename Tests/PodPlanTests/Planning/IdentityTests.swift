// SPDX-License-Identifier: Apache-2.0

import ImageStore
import KubernetesAPI
import PodPlan
import Testing

@testable import PodPlanning

struct IdentityTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var imageUser = ""
        var user: Int64?
        var group: Int64?
        var expected: (UInt32, UInt32, [UInt32])
        var testDescription: String {
            "image user \"\(imageUser)\", runAsUser \(user ?? -1), runAsGroup \(group ?? -1)"
        }
    }

    @Test(
        "User and groups come from the manifest, else from the image, by its passwd and group",
        arguments: [
            Case(expected: (0, 0, [0])),
            Case(imageUser: "app", expected: (1000, 2000, [2000, 50, 44])),
            Case(imageUser: "1000", expected: (1000, 2000, [2000, 50, 44])),
            Case(imageUser: "1234", expected: (1234, 0, [0])),
            Case(imageUser: "app:staff", expected: (1000, 50, [50, 44])),
            Case(imageUser: "1234:77", expected: (1234, 77, [77])),
            Case(imageUser: "app", user: 1, expected: (1, 1, [1, 50])),
            Case(imageUser: "app:staff", user: 4000, expected: (4000, 0, [0])),
            Case(user: 4000, group: 9, expected: (4000, 9, [9])),
            Case(imageUser: "app", group: 9, expected: (1000, 9, [9, 50, 44])),
        ])
    func resolves(_ test: Case) throws {
        let plan = try planned(image: testImage { $0.user = test.imageUser }) {
            $0.securityContext = SecurityContext()
            $0.securityContext?.runAsUser = test.user
            $0.securityContext?.runAsGroup = test.group
        }
        #expect(plan.waiting == nil)
        #expect((plan.user, plan.group) == (test.expected.0, test.expected.1))
        #expect(plan.supplementalGroups == test.expected.2)
    }

    @Test("The container's fields win over the pod's; supplementalGroups and fsGroup are added once")
    func podAndContainer() throws {
        let plan = try plannedPod { pod in
            var security = PodSecurityContext()
            security.runAsUser = 1000
            security.runAsGroup = 7
            security.supplementalGroups = [50, 60]
            security.fsGroup = 70
            pod.spec.securityContext = security
            pod.spec.containers[0].securityContext = SecurityContext()
            pod.spec.containers[0].securityContext?.runAsGroup = 8
        }
        #expect((plan.user, plan.group) == (1000, 8))
        #expect(plan.supplementalGroups == [8, 50, 44, 60, 70])
        #expect(plan.environment.contains("HOME=/home/app"))
    }

    @Test("With policy Strict the image's memberships are left out")
    func strict() throws {
        let plan = try plannedPod(image: testImage { $0.user = "app" }) { pod in
            pod.spec.securityContext = PodSecurityContext()
            pod.spec.securityContext?.supplementalGroupsPolicy = "Strict"
            pod.spec.securityContext?.supplementalGroups = [60]
        }
        #expect(plan.supplementalGroups == [2000, 60])
    }

    @Test(
        "runAsNonRoot refuses what is or may be root, in the kubelet's words",
        arguments: [
            ("", 0, "container's runAsUser breaks non-root policy (pod: \"pod-x_default(uid-1)\", container: c)"),
            (
                "", nil,
                "container has runAsNonRoot and image will run as root (pod: \"pod-x_default(uid-1)\", container: c)"
            ),
            (
                "0", nil,
                "container has runAsNonRoot and image will run as root (pod: \"pod-x_default(uid-1)\", container: c)"
            ),
            (
                "app", nil,
                "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: \"pod-x_default(uid-1)\", container: c)"
            ),
            ("1000", nil, nil), ("", 1000, nil), ("app", 1000, nil),
        ] as [(String, Int64?, String?)])
    func nonRoot(imageUser: String, user: Int64?, message: String?) throws {
        let plan = try planned(image: testImage { $0.user = imageUser }) {
            $0.securityContext = SecurityContext()
            $0.securityContext?.runAsNonRoot = true
            $0.securityContext?.runAsUser = user
        }
        #expect(plan.waiting?.message == message)
        if message != nil { #expect(plan.waiting?.reason == "CreateContainerConfigError") }
    }

    @Test(
        "An id that is no id is an error, never another id",
        arguments: [
            "4294967296", "-1", "2147483648", "nobody-here", "app:4294967296", "broken", "99999999999999999999",
        ])
    func wrongIDs(imageUser: String) throws {
        let plan = try planned(image: testImage { $0.user = imageUser })
        #expect(plan.waiting?.reason == "CreateContainerError")
    }
}

struct CapabilityTests {
    static let netAdmin: UInt64 = 1 << 12

    @Test(
        "Dropped, then added; ALL is what the host gives",
        arguments: [
            ([], [], 0xa804_25fb), ([], ["ALL"], 0), (["NET_ADMIN"], ["ALL"], netAdmin),
            (["NET_ADMIN"], [], 0xa804_25fb | netAdmin), (["CAP_NET_ADMIN"], [], 0xa804_25fb | netAdmin),
            ([], ["CHOWN"], 0xa804_25fa), (["ALL"], [], (1 << 41) - 1), (["ALL"], ["CHOWN"], (1 << 41) - 2),
            (["all"], ["all"], 0),
        ] as [([String], [String], UInt64)])
    func sets(add: [String], drop: [String], result: UInt64) throws {
        let plan = try planned {
            $0.securityContext = SecurityContext()
            $0.securityContext?.capabilities = Capabilities()
            $0.securityContext?.capabilities?.add = add
            $0.securityContext?.capabilities?.drop = drop
        }
        #expect(plan.waiting == nil)
        #expect(plan.capabilities == result)
    }

    @Test("What the host lacks is left out of the defaults and refused when asked for by name")
    func hostLacks() throws {
        let host = HostFacts(nodeName: "n", memoryBytes: 1 << 30, capabilities: 0xff)
        #expect(try planned(host: host).capabilities == 0xa804_25fb & 0xff)
        let refused = try planned(host: host) {
            $0.securityContext = SecurityContext()
            $0.securityContext?.capabilities = Capabilities()
            $0.securityContext?.capabilities?.add = ["NET_ADMIN"]
        }
        #expect(refused.waiting?.message == "capability NET_ADMIN cannot be added: this host does not give it to Berth")
    }

    @Test("An unknown name is refused")
    func unknown() throws {
        let plan = try planned {
            $0.securityContext = SecurityContext()
            $0.securityContext?.capabilities = Capabilities()
            $0.securityContext?.capabilities?.drop = ["NET_ADMINN"]
        }
        #expect(plan.waiting?.message == "unknown capability \"NET_ADMINN\"")
    }

    @Test("privileged: all capabilities, no filter, no masks")
    func privileged() throws {
        let plan = try planned {
            $0.securityContext = SecurityContext()
            $0.securityContext?.privileged = true
        }
        #expect(plan.privileged && plan.unmaskedProc)
        #expect(plan.seccomp == nil)
        #expect(plan.capabilities == (1 << 41) - 1)
    }
}
