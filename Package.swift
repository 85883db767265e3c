// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// For the Swift targets too: the C headers must look the same through CLinux as through Swift's own Glibc module, which
// Synchronization and Foundation load.
let cSettings: [CSetting] = [.define("_GNU_SOURCE")]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A Swift target with the one list of settings that all of ours share.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, cSettings: cSettings, swiftSettings: settings)
}

func executable(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, cSettings: cSettings, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, cSettings: cSettings, swiftSettings: settings)
}

let package = Package(
    name: "berth",
    products: [
        .executable(name: "berth", targets: ["berth"]),
        .executable(name: "berth-pod", targets: ["berth-pod"]),
        .library(name: "Sandbox", targets: ["Sandbox", "Linux", "Seccomp"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The kernel and the C libraries.
        .target(name: "CLinux", cSettings: cSettings, linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CLaunch", cSettings: cSettings),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CMd", pkgConfig: "libmd", providers: [.apt(["libmd-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CCap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),

        // The low-level runtime: nothing here knows Kubernetes, nothing here imports Foundation.
        module("Linux", ["CLinux"]),
        module("Seccomp", ["CLinux", "CSeccomp", "Linux"]),
        module("Sandbox", ["CCap", "CLaunch", "CLinux", "Linux"]),

        // Kubernetes: pure, without clock, file or randomness.
        module("KubernetesAPI"),
        module("JobController", ["KubernetesAPI"]),
        // The text of a manifest to those objects, and back.
        module("Manifest", ["CLibYAML", "KubernetesAPI"]),

        // From a pod to a plan, and from a plan to a pod's life.
        module("PodPlan"),
        module("ImageStore", ["CLinux", "CMd", "Linux", "Sandbox", "Seccomp"]),
        module("PodPlanning", ["CLinux", "KubernetesAPI", "Linux", "Manifest", "PodPlan", "ImageStore", "Seccomp"]),
        module("PodSupervisor", ["PodPlan", "Sandbox", "Linux", "CLinux"]),

        // What people call.
        module(
            "ControlPlane",
            [
                "JobController", "KubernetesAPI", "PodPlan", "PodPlanning", "ImageStore", "Sandbox", "Seccomp", "Linux",
                "CLinux",
            ]),
        module(
            "BerthCommands",
            [
                "ControlPlane", "ImageStore", "JobController", "KubernetesAPI", "Linux", "CLinux", "Manifest",
                "PodPlan",
                "Sandbox", "Seccomp", argumentParser,
            ]),
        executable("berth", ["BerthCommands"]),
        executable("berth-pod", ["CLinux", "PodSupervisor"]),

        // Pure: milliseconds, any user.
        tests("KubernetesAPITests", ["KubernetesAPI", "Manifest"]),
        tests("JobControllerTests", ["JobController"]),
        tests("PodPlanTests", ["CLinux", "Linux", "PodPlan", "PodPlanning", "KubernetesAPI", "ImageStore", "Seccomp"]),
        // The kernel: root, real namespaces and cgroups.
        tests("LinuxTests", ["Linux", "CLinux"]),
        .target(name: "CSeccompProbe", path: "Tests/CSeccompProbe", cSettings: cSettings),
        tests("SeccompTests", ["CSeccomp", "CSeccompProbe", "CLinux", "Seccomp", "Linux"]),
        tests("SandboxTests", ["Sandbox", "Seccomp", "Linux", "CLinux"]),
        tests("ImageStoreTests", ["ImageStore", "Linux", "CLinux"]),
        tests("PodSupervisorTests", ["PodSupervisor", "PodPlan", "Sandbox", "Linux", "CLinux", "berth-pod"]),
        tests(
            "ControlPlaneTests",
            [
                "ControlPlane", "JobController", "KubernetesAPI", "PodPlan", "PodPlanning", "ImageStore", "Sandbox",
                "Linux", "CLinux",
            ]),
        // The whole: the built `berth`, over its command line.
        tests("IntegrationTests", ["Linux", "CLinux"]),
    ],
    cLanguageStandard: .gnu11
)
