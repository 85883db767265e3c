// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// What is read of a file of variables at most.
private let largestFile = 1 << 20

extension PodHost {
    /// A container's plan with the variables that files have at this moment.
    ///
    /// - Throws: why it can't be created, in the kubelet's words.
    func resolved(_ container: ContainerPlan) throws(VolumeError) -> ContainerPlan {
        if container.fileVariables.isEmpty { return container }
        var values: [String?] = []
        for variable in container.fileVariables { values.append(try volumes!.value(of: variable)) }
        return try container.substituting(values)
    }
}

extension PodVolumes {
    /// - Returns: nil: it isn't there, and it is optional.
    fileprivate func value(of variable: FileVariablePlan) throws(VolumeError) -> String? {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try read(variable.path, inVolume: variable.volume)
        } catch {
            if error == ENOENT, variable.optional { return nil }
            throw .environment("couldn't read env file \"\(variable.path)\": \(error)")
        }
        let found: [UInt8]?
        do throws(EnvironmentFile.Fault) {
            found = try EnvironmentFile.value(of: variable.key, in: bytes)
        } catch {
            throw .environment("couldn't parse env file \"\(variable.path)\": \(error.what) at line \(error.line)")
        }
        guard let found else {
            if variable.optional { return nil }
            throw .environment("environment variable key \"\(variable.key)\" not found in file \"\(variable.path)\"")
        }
        guard !found.contains(0), let text = String(validating: found, as: UTF8.self) else {
            throw .environment(
                "key \"\(variable.key)\" in file \"\(variable.path)\" is no text that a variable can hold (UTF-8 without a null byte)"
            )
        }
        return text
    }

    /// What its writer has put into the place of the file is opened without a wait, and left at once unless it is one.
    private func read(_ path: String, inVolume volume: Int) throws(Errno) -> [UInt8] {
        guard let root = root(volume), !path.isAbsolutePath, !path.pathParts.contains("..") else { throw Errno(EXDEV) }
        let resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
        let file = try root.descriptor.openResolved(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve: resolve)
        guard CInt(try file.status().st_mode) & S_IFMT == S_IFREG else { throw Errno(EINVAL) }
        return try file.readAll(limit: largestFile)
    }
}

extension ContainerPlan {
    /// With values in the place of their marks.
    ///
    /// - Parameter found: by position in `fileVariables`; nil for one that isn't there.
    fileprivate func substituting(_ found: [String?]) throws(VolumeError) -> ContainerPlan {
        var texts: [String] = []
        for (variable, value) in zip(fileVariables, found) {
            texts.append(value ?? marksReplaced(in: variable.substitute, texts))
        }
        var plan = self
        plan.fileVariables = []
        plan.arguments = arguments.map { marksReplaced(in: $0, texts) }
        plan.environment = environment.compactMap { entry in
            let own = fileVariables.indices.first { entry == "\(fileVariables[$0].name)=\(FileVariablePlan.mark($0))" }
            guard let own, found[own] == nil else { return marksReplaced(in: entry, texts) }
            return fileVariables[own].entry.map { marksReplaced(in: $0, texts) }
        }
        for index in mounts.indices {
            for (number, value) in found.enumerated() where value == nil {
                if mounts[index].subPath.contains(FileVariablePlan.mark(number)) {
                    throw .environment("missing value for \(fileVariables[number].name)")
                }
            }
            plan.mounts[index].subPath = marksReplaced(in: mounts[index].subPath, texts)
        }
        return plan
    }
}

/// Between two null bytes is a number: the text of that number takes their place.
private func marksReplaced(in text: String, _ texts: [String]) -> String {
    let parts = text.utf8.split(separator: 0, omittingEmptySubsequences: false)
    if parts.count == 1 { return text }
    return parts.enumerated().map { index, part in
        let word = String(Substring(part))
        guard index % 2 == 1, let number = Int(word), texts.indices.contains(number) else { return word }
        return texts[number]
    }.joined()
}
