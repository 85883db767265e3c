// SPDX-License-Identifier: Apache-2.0

import ImageStore
import KubernetesAPI

/// What is executed: `command` stands for ENTRYPOINT and drops CMD, `args` stands for CMD.
///
/// - Parameter variables: what `$(NAME)` sees; the image's words are taken as they are.
func commandLine(_ container: Container, _ image: ImageConfiguration, _ variables: [String: String]) -> [String] {
    let command = container.command.map { expand($0, variables) }
    let arguments = container.args.map { expand($0, variables) }
    if !command.isEmpty { return command + arguments }
    return image.entrypoint + (arguments.isEmpty ? image.command : arguments)
}
