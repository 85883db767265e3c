// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

extension ExecOptions {
    /// The process that is to run, with what it doesn't say taken from the container's.
    func process(in config: ContainerConfig) throws(RuntimeError) -> OCI.Process {
        if let processFile { return try read(processFile, config.process) }
        guard var process = config.process else {
            throw RuntimeError("the container's configuration has no process: exec needs --process")
        }
        process.args = command
        process.terminal = hasTerminal
        process.consoleSize = nil
        process.env += environment
        if let cwd {
            guard cwd.isAbsolutePath else { throw RuntimeError("exec: --cwd `\(cwd)` is not absolute") }
            process.cwd = cwd
        }
        if let user {
            process.user.uid = user.uid
            process.user.gid = user.gid ?? process.user.gid
        }
        process.user.additionalGids += additionalGroups
        if !capabilities.isEmpty { addCapabilities(to: &process) }
        if let apparmorProfile { process.apparmorProfile = apparmorProfile.isEmpty ? nil : apparmorProfile }
        if let selinuxLabel { process.selinuxLabel = selinuxLabel.isEmpty ? nil : selinuxLabel }
        if noNewPrivileges { process.noNewPrivileges = true }
        return process
    }

    private func read(_ path: String, _ containers: OCI.Process?) throws(RuntimeError) -> OCI.Process {
        let text = try failing("cannot read the process file \(path)") { () throws(Errno) in
            try OwnedDescriptor.open(path, O_RDONLY).readAll(limit: JSONValue.sizeLimit)
        }
        var process: OCI.Process
        do throws(JSONError) {
            process = try OCI.Process(json: text, name: "process")
        } catch {
            throw RuntimeError("\(path): \(error)")
        }
        if hasTerminal { process.terminal = true }
        if noNewPrivileges { process.noNewPrivileges = true }
        guard let containers else { return process }
        process.capabilities = process.capabilities ?? containers.capabilities
        process.apparmorProfile = process.apparmorProfile ?? containers.apparmorProfile
        process.selinuxLabel = process.selinuxLabel ?? containers.selinuxLabel
        process.oomScoreAdj = process.oomScoreAdj ?? containers.oomScoreAdj
        process.scheduler = process.scheduler ?? containers.scheduler
        process.ioPriority = process.ioPriority ?? containers.ioPriority
        process.execCPUAffinity = process.execCPUAffinity ?? containers.execCPUAffinity
        if process.rlimits.isEmpty { process.rlimits = containers.rlimits }
        return process
    }

    /// To all but the ambient ones: those are for a user who isn't root, and only where they can be inherited.
    private func addCapabilities(to process: inout OCI.Process) {
        var sets = process.capabilities ?? LinuxCapabilities()
        sets.bounding += capabilities
        sets.effective += capabilities
        sets.permitted += capabilities
        process.capabilities = sets
    }
}
