// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import ControlPlane
import PodPlanning

/// Where images come from.
struct PullOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where images are pulled from (default: $BERTH_REGISTRIES_CONFIG, else \(RegistriesFile.path) if it is there).",
            valueName: "file"))
    var registriesConfig: String?

    /// The settings of the file, and of the environment.
    func settings() throws -> PullSettings {
        var settings = PullSettings()
        let path = registriesConfig ?? environmentVariable("BERTH_REGISTRIES_CONFIG").flatMap { $0.isEmpty ? nil : $0 }
        do throws(RegistriesFile.Refusal) {
            settings.registries = try RegistriesFile.settings(at: path)
        } catch {
            throw CommandFailure.badInput(error.description.escapedForTerminal)
        }
        for name in Self.variables {
            if let value = environmentVariable(name) { settings.environment[name] = value }
        }
        return settings
    }

    /// What credential files and proxies are found by.
    private static let variables = [
        "HOME", "PATH", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "http_proxy",
        "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    ]
}
