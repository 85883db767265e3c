// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import KubernetesAPI
import Manifest

/// `-o`: how objects are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable { case json, yaml }

/// Objects as kubectl prints them.
enum ObjectList {
    /// - Parameter list: a `v1 List` around them; false: one after the other.
    static func render(_ objects: [Value], as format: OutputFormat, list: Bool) -> String {
        guard list else { return objects.map { text($0, format) }.joined(separator: format == .yaml ? "---\n" : "") }
        return text(
            Value(
                .object([
                    .init("apiVersion", Value(.string("v1"))), .init("items", Value(.array(objects))),
                    .init("kind", Value(.string("List"))),
                    .init("metadata", Value(.object([.init("resourceVersion", Value(.string("")))]))),
                ])), format)
    }

    private static func text(_ value: Value, _ format: OutputFormat) -> String {
        switch format {
        case .json: value.json
        case .yaml: value.yaml
        }
    }
}
