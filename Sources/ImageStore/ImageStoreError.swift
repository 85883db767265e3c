// SPDX-License-Identifier: Apache-2.0

public import Linux

/// Why the store could not do what it was asked. It is as it was before.
public enum ImageStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call failed: what was tried, on what.
    case system(action: String, object: String, errno: Errno)
    case reference(ImageReference.ParseError)
    case notFound(String)
    /// Something of the store that isn't as we write it.
    case damaged(path: String, problem: String)
    /// What was to be imported can't be an image.
    case source(path: String, problem: String)
    /// A program or feature of the host that we need doesn't work.
    case host(object: String, problem: String)

    public var description: String {
        switch self {
        case .system(let action, let object, let errno): "cannot \(action) \(object): \(errno)"
        case .reference(let error): "image name \"\(error.reference)\": \(error)"
        case .notFound(let name): "no image \(name) here; `berth image ls` lists those that are"
        case .damaged(let path, let problem): "\(path): \(problem)"
        case .source(let path, let problem), .host(let path, let problem): "\(path): \(problem)"
        }
    }

    /// What the caller gave is wrong, as opposed to the store or the host.
    public var isCallersOwn: Bool {
        switch self {
        case .reference, .source: true
        case .system, .notFound, .damaged, .host: false
        }
    }
}

@discardableResult
func attempt<Result: ~Copyable>(
    _ action: String, _ object: String, _ body: () throws(Errno) -> Result
) throws(ImageStoreError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw .system(action: action, object: object, errno: error)
    }
}
