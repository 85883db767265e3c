// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// How `scripts/build` makes `berth-runtime`, and nothing else: a program that lives for some milliseconds would spend one of
/// them on making the language's metadata of types. Embedded Swift has none. The same sources build without it.
let embedded: [SwiftSetting] =
    Context.environment["BERTH_EMBEDDED"] == nil
    ? [] : [.enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo"])]

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + embedded

// For the Swift targets too: the C headers must look the same through CLinux as through Swift's own Glibc module, which
// Synchronization and Foundation load.
let cSettings: [CSetting] = [.define("_GNU_SOURCE")]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A Swift target with the one list of settings that all of ours share.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, cSettings: cSettings, swiftSettings: settings)
}

/// What a simulation drives through a million steps is optimized in every build.
let optimized = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func executable(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, cSettings: cSettings, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, cSettings: cSettings, swiftSettings: settings)
}

/// The driver of `scripts/fuzz`: only there, since the sanitizer it is built with brings the `main`.
let fuzzing: [Target] =
    Context.environment["BERTH_FUZZING"] == nil
    ? []
    : [
        .executableTarget(
            name: "berth-fuzz", dependencies: ["CLinux", "FuzzProperties"], path: "Tests/FuzzDriver",
            cSettings: cSettings, swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
    ]

let package = Package(
    name: "berth",
    products: [
        .executable(name: "berth", targets: ["berth"]),
        .executable(name: "berth-pod", targets: ["berth-pod"]),
        .executable(name: "berth-probe", targets: ["berth-probe"]),
        .executable(name: "berth-runtime", targets: ["berth-runtime"]),
        .executable(name: "berth-unpack", targets: ["berth-unpack"]),
        .library(name: "Sandbox", targets: ["Sandbox", "Linux", "Seccomp"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The kernel and the C libraries.
        .target(name: "CLinux", cSettings: cSettings, linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CLaunch", cSettings: cSettings),
        // Acts before everything else in a program that is linked with it.
        .target(name: "CReadOnlySelf", cSettings: cSettings),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CCap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),

        .systemLibrary(name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev", "libzstd-dev", "libacl1-dev"])]),

        // The low-level runtime: nothing here knows Kubernetes, nothing here imports Foundation.
        module("Linux", ["CLinux"]),
        module("Seccomp", ["CLinux", "CSeccomp", "Linux"]),
        module("Sandbox", ["CCap", "CLaunch", "CLinux", "Linux"]),

        // The OCI runtime: the specifications' types, and the commands over the sandbox.
        module("OCI", ["CJSON"]),
        module(
            "ContainerRuntime",
            ["CCap", "CJSON", "CLaunch", "CLinux", "CReadOnlySelf", "CSeccomp", "Linux", "OCI", "Sandbox", "Seccomp"]),
        .executableTarget(
            name: "berth-runtime", dependencies: ["CLinux", "ContainerRuntime"], cSettings: cSettings,
            swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-Xlinker", "-e", "-Xlinker", "berth_entry"])]),  // entry.c

        // Kubernetes: pure, without clock, file or randomness.
        .target(name: "KubernetesAPI", cSettings: cSettings, swiftSettings: optimized),
        .target(name: "JobController", dependencies: ["KubernetesAPI"], cSettings: cSettings, swiftSettings: optimized),
        // The text of a manifest to those objects, and back.
        module("Manifest", ["CLibYAML", "KubernetesAPI"]),

        // From a pod to a plan, and from a plan to a pod's life.
        module("PodPlan"),
        module("ImageStore", ["CLinux", "CNettle", "Linux", "OCI", "Sandbox", "Seccomp"]),
        // Layers are unpacked by a program of its own, which is closed in.
        module("LayerUnpacking", ["CArchive", "CLinux", "CNettle", "Linux"]),
        // Static in every build: in its root there are no libraries.
        .executableTarget(
            name: "berth-unpack", dependencies: ["CLinux", "LayerUnpacking"], cSettings: cSettings,
            swiftSettings: settings, linkerSettings: [.unsafeFlags(["-static-executable", "-use-ld=lld"])]),
        module("PodPlanning", ["CLinux", "KubernetesAPI", "Linux", "Manifest", "PodPlan", "ImageStore", "Seccomp"]),
        module("PodSupervisor", ["PodPlan", "Sandbox", "Linux", "CLinux"]),
        // Probes over the network: a program of its own, which has no privilege and knows nothing of pods.
        module("HealthProbe", ["CLinux", "CNGHTTP2", "COpenSSL", "Linux"]),
        executable("berth-probe", ["CLinux", "HealthProbe"]),

        // What people call.
        module(
            "ControlPlane",
            [
                "JobController", "KubernetesAPI", "PodPlan", "PodPlanning", "ImageStore", "OCI", "Sandbox", "Seccomp",
                "Linux", "CLinux",
            ]),
        module(
            "BerthCommands",
            [
                "ControlPlane", "ImageStore", "JobController", "KubernetesAPI", "Linux", "CLinux", "Manifest", "OCI",
                "PodPlan", "PodPlanning",
                "Sandbox", "Seccomp", argumentParser,
            ]),
        executable("berth", ["BerthCommands"]),
        executable("berth-pod", ["CLinux", "PodSupervisor"]),

        // Pure: milliseconds, any user.
        tests("KubernetesAPITests", ["KubernetesAPI", "Manifest"]),
        .testTarget(
            name: "JobControllerTests", dependencies: ["JobController"], cSettings: cSettings, swiftSettings: optimized),
        tests(
            "PodPlanTests",
            ["CLinux", "Linux", "PodPlan", "PodPlanning", "KubernetesAPI", "Manifest", "ImageStore", "Seccomp"]),
        tests("HealthProbeTests", ["HealthProbe", "Linux", "CLinux"]),
        // The kernel: root, real namespaces and cgroups.
        tests("LinuxTests", ["Linux", "CLinux"]),
        .target(name: "CSeccompProbe", path: "Tests/CSeccompProbe", cSettings: cSettings),
        tests("SeccompTests", ["CSeccomp", "CSeccompProbe", "CLinux", "Seccomp", "Linux"]),
        tests("SandboxTests", ["Sandbox", "Seccomp", "Linux", "CLinux"]),
        tests("OCITests", ["OCI"]),
        tests(
            "ContainerRuntimeTests",
            [
                "CLinux", "CSeccomp", "CSeccompProbe", "ContainerRuntime", "Linux", "OCI", "Sandbox", "Seccomp",
                "berth-runtime",
            ]),
        tests("ImageStoreTests", ["ImageStore", "LayerUnpacking", "Linux", "OCI", "CLinux"]),
        tests(
            "PodSupervisorTests",
            ["PodSupervisor", "PodPlan", "Sandbox", "Seccomp", "Linux", "CLinux", "berth-pod", "berth-probe"]),
        tests(
            "ControlPlaneTests",
            [
                "ControlPlane", "JobController", "KubernetesAPI", "PodPlan", "PodPlanning", "ImageStore", "Sandbox",
                "Linux", "CLinux",
            ]),
        // What holds for any bytes: the properties that the fuzzer tries to break, and the inputs that it found.
        .target(
            name: "FuzzProperties",
            dependencies: ["ImageStore", "JobController", "KubernetesAPI", "Manifest", "OCI", "PodPlan"],
            path: "Tests/FuzzProperties", cSettings: cSettings, swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzProperties"], exclude: ["Inputs"], cSettings: cSettings,
            swiftSettings: settings),
        // The whole: the built `berth`, over its command line.
        tests("IntegrationTests", ["Linux", "CLinux"]),
    ] + fuzzing,
    cLanguageStandard: .gnu11
)
