// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// What a call of `create` or `run` asks for.
package struct CreationRequest {
    package var id: String
    /// As given: relative to the working directory.
    package var bundle: String
    package var pidFile: String?
    package var consoleSocket: String?
    package var preservedDescriptors = 0
    /// A socket that gets a pidfd of the first process.
    package var pidfdSocket: String?
    /// Instead of `config.json` in the bundle.
    package var configuration: String?
    package var noPivot = false
    package var joinsNewKeyring = true
    package var cgroupManager = CgroupManager.cgroupfs

    package init(id: String, bundle: String) {
        self.id = id
        self.bundle = bundle
    }
}

/// Makes containers from bundles. See runtime.md of the specification for the order of things.
package struct ContainerCreation {
    let request: CreationRequest
    let root: StateRoot
    let warn: (String) -> Void

    package init(_ request: CreationRequest, root: StateRoot, warn: @escaping (String) -> Void) {
        self.request = request
        self.root = root
        self.warn = warn
    }

    /// `create`: afterwards the container waits for its start, a child of this process.
    package func create() throws(RuntimeError) {
        let making = try ContainerMaking(request, root: root, warn: warn)
        do throws(RuntimeError) {
            let launch = try making.start(waits: true)
            guard try making.accompany(launch) else {
                throw RuntimeError("the container's first process was killed while it was made")
            }
        } catch {
            making.undo()
            throw error
        }
    }

    /// `run`: create and start, and unless it is detached, stay with the container until its end and remove it.
    ///
    /// - Returns: the exit status: the container's, or 0 when it was left to itself.
    package func run(detached: Bool, keeping: Bool) throws(RuntimeError) -> CInt {
        let making = try ContainerMaking(request, root: root, warn: warn)
        let status: CInt
        do throws(RuntimeError) {
            status = try detached ? runDetached(making) : runAttached(making)
        } catch {
            making.undo()
            throw error
        }
        if !detached, !keeping { try making.remove() }
        return status
    }

    private func runDetached(_ making: ContainerMaking) throws(RuntimeError) -> CInt {
        let launch = try making.start(waits: false)
        try making.accompany(launch)
        try making.poststart()
        return 0
    }

    private func runAttached(_ making: ContainerMaking) throws(RuntimeError) -> CInt {
        // From here on signals wait for the container.
        let relay = try ForegroundRelay(terminal: try making.ownTerminal())
        let launch = try making.start(waits: false)
        try making.accompany(launch)
        try making.poststart()
        making.unlock()
        return try relay.run(launch)
    }
}
