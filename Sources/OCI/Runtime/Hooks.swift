// SPDX-License-Identifier: Apache-2.0

/// The programs that are called at the points of a container's life, each stage in the order of its list.
package struct Hooks: JSONDecodable, Sendable {
    /// The stages, named as in `config.json` and in the order in which they come.
    package enum Stage: String, CaseIterable, Sendable {
        case prestart, createRuntime, createContainer, startContainer, poststart, poststop
    }

    package var prestart: [Hook] = []
    package var createRuntime: [Hook] = []
    package var createContainer: [Hook] = []
    package var startContainer: [Hook] = []
    package var poststart: [Hook] = []
    package var poststop: [Hook] = []

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        prestart = try node.list("prestart")
        createRuntime = try node.list("createRuntime")
        createContainer = try node.list("createContainer")
        startContainer = try node.list("startContainer")
        poststart = try node.list("poststart")
        poststop = try node.list("poststop")
    }

    package subscript(_ stage: Stage) -> [Hook] {
        switch stage {
        case .prestart: prestart
        case .createRuntime: createRuntime
        case .createContainer: createContainer
        case .startContainer: startContainer
        case .poststart: poststart
        case .poststop: poststop
        }
    }
}

/// One program of a stage.
package struct Hook: JSONDecodable, Sendable {
    package var path: String
    /// As for `execv`, the program's name first; without any it gets its path as its name.
    package var args: [String]
    package var env: [String]
    /// Seconds, above 0, after which it is killed and has failed; without it, it may take as long as it likes.
    package var timeout: Int?

    package init(from node: JSONNode) throws(JSONError) {
        path = try node.required("path", as: AbsolutePath.self).text
        args = try node.list("args")
        env = try node.list("env")
        timeout = try node.optional("timeout")
        if let timeout, timeout <= 0 {
            throw try node.member("timeout")!.error("must be above zero, is \(timeout)")
        }
    }
}
