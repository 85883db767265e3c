// SPDX-License-Identifier: Apache-2.0

// Volumes of files that are written when a pod starts.

extension FaultList {
    /// Permission bits of a file.
    fileprivate func isMode(_ mode: Int32?, at name: String) {
        guard let mode, !(0...0o777).contains(mode) else { return }
        invalidNumber(mode, at: name, "must be a number between 0 and 0777 (octal), both inclusive")
    }

    private func invalidNumber(_ number: Int32, at name: String, _ detail: String) {
        add(.invalid(value: "\(number)"), at: .field(name), detail: detail)
    }

    /// Where a file is in its volume: nothing of what the layout of a volume is made of.
    fileprivate func isFilePath(_ path: String, at name: String) {
        if path.isEmpty { add(.required, at: .field(name)) }
        descends(path, at: name)
        if path.utf8.starts(with: "..".utf8), !path.utf8.starts(with: "../".utf8) {
            invalid(path, at: name, ["must not start with '..'"])
        }
    }

    fileprivate func each<Element>(_ list: [Element], of name: String, _ body: (Element) -> Void) {
        for (index, element) in list.enumerated() { at(name) { at(.index(index)) { body(element) } } }
    }
}

extension KeyToPath {
    fileprivate func validate(_ faults: FaultList) {
        if key.isEmpty { faults.add(.required, at: .field("key")) }
        faults.isFilePath(path, at: "path")
        faults.isMode(mode, at: "mode")
    }
}

extension SecretVolumeSource {
    func validate(_ faults: FaultList) {
        if secretName.isEmpty { faults.add(.required, at: .field("secretName")) }
        faults.isMode(defaultMode, at: "defaultMode")
        faults.each(items, of: "items") { $0.validate(faults) }
    }
}

extension ConfigMapVolumeSource {
    func validate(_ faults: FaultList) {
        if name.isEmpty { faults.add(.required, at: .field("name")) }
        faults.isMode(defaultMode, at: "defaultMode")
        faults.each(items, of: "items") { $0.validate(faults) }
    }
}

extension DownwardAPIVolumeSource {
    func validate(_ faults: FaultList) {
        faults.isMode(defaultMode, at: "defaultMode")
        faults.each(items, of: "items") { $0.validate(faults) }
    }
}

extension DownwardAPIVolumeFile {
    fileprivate func validate(_ faults: FaultList) {
        faults.isFilePath(path, at: "path")
        if let fieldRef {
            faults.at("fieldRef") { fieldRef.validate(among: ObjectFieldSelector.filePaths, faults) }
            if resourceFieldRef != nil {
                faults.add(
                    .invalid(value: "\"resource\""),
                    detail: "fieldRef and resourceFieldRef can not be specified simultaneously")
            }
        } else if let resourceFieldRef {
            faults.at("resourceFieldRef") { resourceFieldRef.validate(needsContainer: true, faults) }
        } else {
            faults.add(.required, detail: "one of fieldRef and resourceFieldRef is required")
        }
        faults.isMode(mode, at: "mode")
    }
}

extension ProjectedVolumeSource {
    func validate(_ faults: FaultList) {
        faults.isMode(defaultMode, at: "defaultMode")
        var paths: Set<String> = []
        for (index, source) in sources.enumerated() {
            faults.at("sources") { faults.at(.index(index)) { source.validate(faults) } }
            for (name, path) in source.files where !path.isEmpty && !paths.insert(path).inserted {
                faults.add(.invalid(value: Fault.quoted(name ?? path)), detail: "conflicting duplicate paths")
            }
        }
    }
}

extension VolumeProjection {
    /// The paths that it names, with the object that they come from.
    fileprivate var files: [(object: String?, path: String)] {
        [secret, configMap].compactMap { $0 }.flatMap { source in source.items.map { (source.name, $0.path) } }
            + (downwardAPI?.items ?? []).map { (nil, $0.path) }
    }

    fileprivate func validate(_ faults: FaultList) {
        if let secret { faults.at("secret") { secret.validate(faults) } }
        if let configMap { faults.at("configMap") { configMap.validate(faults) } }
        if let downwardAPI {
            faults.at("downwardAPI") { faults.each(downwardAPI.items, of: "items") { $0.validate(faults) } }
        }
        if [secret != nil, configMap != nil, downwardAPI != nil].count(where: { $0 }) > 1 {
            faults.add(.forbidden, detail: "may not specify more than 1 volume type")
        }
    }
}

extension ObjectProjection {
    fileprivate func validate(_ faults: FaultList) {
        if name.isEmpty { faults.add(.required, at: .field("name")) }
        faults.each(items, of: "items") { $0.validate(faults) }
    }
}
