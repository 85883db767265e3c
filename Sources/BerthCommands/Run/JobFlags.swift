// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import KubernetesAPI
import Linux

/// A Job without YAML: `berth run --image busybox --memory 256Mi -- sh -c 'make test'`.
struct JobFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Run this image: a Job of one container is made from the flags.", valueName: "name"))
    var image: String?

    @Option(
        help: ArgumentHelp("The Job's name (default: the image's name and five random letters).", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("Memory limit, as in a manifest: 256Mi, 1G.", valueName: "quantity"))
    var memory: String?

    @Option(help: ArgumentHelp("CPU limit, as in a manifest: 2, 500m.", valueName: "quantity"))
    var cpu: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("An environment variable; NAME alone takes our own value.", valueName: "name=value"))
    var env: [String] = []

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Mount a directory or file of the host: .:/work, /data:/data:ro.", valueName: "source:path[:ro]"))
    var volume: [String] = []

    @Option(name: [.short, .long], help: ArgumentHelp("The directory to start in.", valueName: "path"))
    var workdir: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Run as this user: UID or UID:GID.", valueName: "uid"))
    var user: String?

    @Option(help: ArgumentHelp("How many pods have to succeed.", valueName: "n"))
    var completions: Int32?

    @Option(help: ArgumentHelp("How many pods run at once.", valueName: "n"))
    var parallelism: Int32?

    @Flag(help: "Give each pod an index, in JOB_COMPLETION_INDEX; goes with --completions.")
    var indexed = false

    @Option(help: ArgumentHelp("How many failed pods are replaced.", valueName: "n"))
    var retries: Int32 = 0

    @Option(help: ArgumentHelp("End the Job after this time: 90s, 10m.", valueName: "duration"))
    var timeout: String?

    @Flag(help: "Print the Job that the flags make instead of running it (YAML, or JSON with -o json).")
    var dryRun = false

    /// The names of flags that were given and that mean nothing without `--image`.
    var givenWithoutImage: [String] {
        let given: [(Bool, String)] = [
            (name != nil, "--name"), (memory != nil, "--memory"), (cpu != nil, "--cpu"), (!env.isEmpty, "--env"),
            (!volume.isEmpty, "--volume"), (workdir != nil, "--workdir"), (user != nil, "--user"),
            (completions != nil, "--completions"), (parallelism != nil, "--parallelism"), (indexed, "--indexed"),
            (retries != 0, "--retries"), (timeout != nil, "--timeout"),
        ]
        return given.filter(\.0).map(\.1)
    }
}

extension JobFlags {
    /// The Job, not yet defaulted or validated.
    ///
    /// - Throws: `ValidationError` that names the flag.
    func job(image: String, command: [String], random: inout some RandomNumberGenerator) throws -> Job {
        var job = Job()
        job.metadata.name = name ?? defaultName(image: image, random: &random)
        job.spec.backoffLimit = retries
        job.spec.completions = completions
        job.spec.parallelism = parallelism
        job.spec.completionMode = indexed ? .indexed : nil
        if let timeout {
            guard let duration = parseDuration(timeout), duration >= .seconds(1) else {
                throw ValidationError("--timeout \(timeout): not a duration of at least a second, like 90s or 10m")
            }
            job.spec.activeDeadlineSeconds = duration.components.seconds
        }
        job.spec.template.spec.restartPolicy = .never
        var container = Container()
        container.name = "main"
        container.image = image
        // A manifest's `$(NAME)` would be expanded and `$$` shortened; a command line is meant as it is.
        container.args = command.map { $0.replacing("$", with: "$$") }
        container.workingDir = workdir ?? ""
        container.env = try env.map(variable)
        container.resources.limits = try limits()
        container.securityContext = try userContext()
        for (index, text) in volume.enumerated() {
            let (volume, mount) = try mounted(text, name: "volume-\(index)")
            job.spec.template.spec.volumes.append(volume)
            container.volumeMounts.append(mount)
        }
        job.spec.template.spec.containers = [container]
        return job
    }

    /// `perl:5.34.0` → `perl-x7k2f`.
    private func defaultName(image: String, random: inout some RandomNumberGenerator) -> String {
        let repository = image.pathParts.last.map(String.init) ?? image
        let word = repository.prefix { $0 != ":" && $0 != "@" }.lowercased()
        let kept = word.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let base = String(kept.drop { $0 == "-" }.prefix(40))
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        let suffix = String((0..<5).map { _ in letters.randomElement(using: &random) ?? "x" })
        return "\(base.isEmpty ? "run" : base)-\(suffix)"
    }

    private func variable(_ text: String) throws -> EnvVar {
        guard let equals = text.firstIndex(of: "=") else {
            guard let value = environmentVariable(text) else {
                throw ValidationError("--env \(text): not set here; write \(text)=VALUE")
            }
            return EnvVar(name: text, value: value)
        }
        // A manifest's `$(NAME)` would be expanded; what stands on a command line is meant as it is.
        let value = String(text[text.index(after: equals)...]).replacing("$", with: "$$")
        return EnvVar(name: String(text[..<equals]), value: value)
    }

    private func limits() throws -> [String: Quantity] {
        var limits: [String: Quantity] = [:]
        for (flag, resource, text) in [("--memory", "memory", memory), ("--cpu", "cpu", cpu)] {
            guard let text else { continue }
            guard let quantity = Quantity(text) else {
                throw ValidationError(
                    "\(flag) \(text): not a quantity, like \(resource == "cpu" ? "2 or 500m" : "256Mi or 1G")")
            }
            limits[resource] = quantity
        }
        return limits
    }

    private func userContext() throws -> SecurityContext? {
        guard let user else { return nil }
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let uid = Int64(parts[0]), let gid = parts.count == 2 ? Int64(parts[1]) : Int64(-1)
        else {
            throw ValidationError("--user \(user): write UID or UID:GID, in numbers")
        }
        var context = SecurityContext()
        context.runAsUser = uid
        context.runAsGroup = parts.count == 2 ? gid : nil
        return context
    }

    private func mounted(_ text: String, name: String) throws -> (Volume, VolumeMount) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let readOnly = parts.last == "ro"
        if parts.count == 3, readOnly || parts[2] == "rw" { parts.removeLast() }
        guard parts.count == 2, !parts[0].isEmpty, parts[1].isAbsolutePath else {
            throw ValidationError("--volume \(text): write SOURCE:PATH or SOURCE:PATH:ro, with an absolute PATH")
        }
        guard let source = canonicalPath(parts[0]) else {
            throw ValidationError("--volume \(text): \(parts[0]): no such file or directory")
        }
        var volume = Volume()
        volume.name = name
        var hostPath = HostPathVolumeSource()
        hostPath.path = source
        volume.source = .hostPath(hostPath)
        var mount = VolumeMount()
        mount.name = name
        mount.mountPath = parts[1]
        mount.readOnly = readOnly
        return (volume, mount)
    }
}

/// One of our own environment variables. See `getenv(3)`.
func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// `path` made absolute, without links and dots. See `realpath(3)`.
private func canonicalPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}
