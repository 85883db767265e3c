// SPDX-License-Identifier: Apache-2.0

import CLibYAML
import KubernetesAPI

/// What a text may cost before it is refused. A parser's input is hostile until it has been read.
package struct ReadingBudget: Sendable {
    /// Bytes of text; the same as the API server takes for a request.
    package var inputBytes = 3 << 20
    /// Objects and lists inside each other.
    package var depth = 64
    /// Values of the whole text, those that an alias repeats counted each time.
    package var nodes = 250_000

    package init() {}
}

/// Reads YAML (and JSON, which is nearly a part of it) to value trees, event by event, within a budget.
///
/// The rules are those of kubectl, that is of `sigs.k8s.io/yaml`: YAML 1.1 words for booleans, `<<` merges, keys that
/// are numbers or booleans become text, a key that occurs twice is an error.
struct YAMLReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let budget: ReadingBudget
    private var nodes = 0
    private var depth = 0
    private var anchors: [String: Anchor] = [:]

    /// A value that may be repeated, with what that costs.
    private struct Anchor {
        var value: Value
        var nodes: Int
        var depth: Int
    }

    /// All documents of `bytes`, which must stay where they are; empty documents are left out.
    static func documents(in bytes: UnsafeBufferPointer<UInt8>, budget: ReadingBudget) throws(Fault) -> [Value] {
        var reader = YAMLReader(bytes, budget)
        return try reader.stream()
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ budget: ReadingBudget) {
        parser = .allocate(capacity: 1)
        self.budget = budget
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    private mutating func stream() throws(Fault) -> [Value] {
        var documents: [Value] = []
        while true {
            let event = try next()
            switch event.type {
            case YAML_STREAM_END_EVENT:
                return documents
            case YAML_DOCUMENT_START_EVENT:
                anchors = [:]
                let root = try node(try next())
                if !root.isNull { documents.append(root) }
            default:
                break
            }
        }
    }

    private mutating func node(_ event: borrowing Event) throws(Fault) -> Value {
        let mark = event.mark
        let before = nodes
        try spend(1, at: mark)
        let anchor = event.anchor
        let value: Value
        var height = 0
        switch event.type {
        case YAML_ALIAS_EVENT:
            return try alias(anchor ?? "", mark)
        case YAML_SCALAR_EVENT:
            value = Value(try scalarContent(event), mark: mark)
        case YAML_SEQUENCE_START_EVENT:
            try checkTag(event, is: "tag:yaml.org,2002:seq")
            (value, height) = try nested(mark) { (reader) throws(Fault) in Value(try reader.sequence(), mark: mark) }
        default:
            try checkTag(event, is: "tag:yaml.org,2002:map")
            (value, height) = try nested(mark) { (reader) throws(Fault) in Value(try reader.mapping(), mark: mark) }
        }
        if let anchor { anchors[anchor] = Anchor(value: value, nodes: nodes - before, depth: height) }
        return value
    }

    private mutating func alias(_ name: String, _ mark: SourceMark) throws(Fault) -> Value {
        guard let anchor = anchors[name] else { throw fault("there is no anchor &\(name) before this alias", mark) }
        try spend(anchor.nodes, at: mark)
        deepest = max(deepest, depth + anchor.depth)
        guard deepest <= budget.depth else { throw tooDeep(mark) }
        var value = anchor.value
        value.mark = mark
        return value
    }

    /// The deepest level reached below the collection that is being read.
    private var deepest = 0

    /// Reads a collection one level down; gives its height as well.
    private mutating func nested(
        _ mark: SourceMark, _ body: (inout YAMLReader) throws(Fault) -> Value
    ) throws(Fault) -> (Value, Int) {
        depth += 1
        guard depth <= budget.depth else { throw tooDeep(mark) }
        let outer = deepest
        deepest = depth
        let value = try body(&self)
        depth -= 1
        let height = deepest - depth
        deepest = max(outer, deepest)
        return (value, height)
    }

    private mutating func sequence() throws(Fault) -> Value.Content {
        var elements: [Value] = []
        while true {
            let event = try next()
            if event.type == YAML_SEQUENCE_END_EVENT { return .array(elements) }
            elements.append(try node(event))
        }
    }

    private mutating func mapping() throws(Fault) -> Value.Content {
        var object = ObjectBuilder()
        while true {
            let event = try next()
            if event.type == YAML_MAPPING_END_EVENT { return .object(object.finished()) }
            let mark = event.mark
            if event.isMergeKey {
                let value = try node(try next())
                guard object.merge(value) else {
                    throw fault("<< takes an object or a list of objects", mark)
                }
                continue
            }
            let key = try node(event)
            guard let name = key.asKey else { throw fault("a key must be a string, a number or a boolean", mark) }
            let value = try node(try next())
            if let earlier = object.add(Value.Member(name, value, mark: mark)) {
                throw fault("key \(Fault.quoted(name)) is already set on line \(earlier.line)", mark)
            }
        }
    }

    private func checkTag(_ event: borrowing Event, is own: String) throws(Fault) {
        guard let tag = event.collectionTag, tag != own, tag != "!" else { return }
        throw fault("the tag \(Fault.quoted(tag)) means nothing in a manifest", event.mark)
    }

    private func scalarContent(_ event: borrowing Event) throws(Fault) -> Value.Content {
        do throws(ScalarFault) {
            return try content(ofScalar: event.scalarText, tag: event.scalarTag, isPlain: event.isPlain)
        } catch {
            throw fault(error.reason, event.mark)
        }
    }

    private mutating func spend(_ count: Int, at mark: SourceMark) throws(Fault) {
        nodes += count
        guard nodes <= budget.nodes else {
            throw fault("more than \(budget.nodes) values, those that aliases repeat counted each time", mark)
        }
    }

    private func tooDeep(_ mark: SourceMark) -> Fault { fault("nested more than \(budget.depth) levels deep", mark) }

    private func fault(_ text: String, _ mark: SourceMark) -> Fault {
        var fault = Fault(.syntax, text)
        fault.line = Int(mark.line)
        return fault
    }

    private func next() throws(Fault) -> Event {
        let event = Event()
        guard yaml_parser_parse(parser, event.pointer) == 1 else { throw syntaxFault() }
        return event
    }

    /// What libyaml says about the place where it stopped.
    private func syntaxFault() -> Fault {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read"
        guard parser.pointee.error != YAML_READER_ERROR else {
            var line = 1
            if let start = parser.pointee.input.string.start {
                let read = UnsafeBufferPointer(start: start, count: parser.pointee.problem_offset)
                line += read.count { $0 == UInt8(ascii: "\n") }
            }
            return fault("not YAML: \(problem)", SourceMark(line: Int32(clamping: line), column: 0))
        }
        // libyaml's own bound, which it meets while it looks ahead.
        if problem.hasPrefix("Maximum nesting level") { return tooDeep(SourceMark(parser.pointee.problem_mark)) }
        var text = "not YAML: \(problem)"
        if let context = parser.pointee.context.map({ String(cString: $0) }) {
            text += " (\(context) that begins on line \(parser.pointee.context_mark.line + 1))"
        }
        return fault(text, SourceMark(parser.pointee.problem_mark))
    }
}

/// An event of libyaml, freed with its owner.
private struct Event: ~Copyable {
    let pointer: UnsafeMutablePointer<yaml_event_t>

    init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: yaml_event_t())
    }

    deinit {
        yaml_event_delete(pointer)
        pointer.deallocate()
    }

    var type: yaml_event_type_t { pointer.pointee.type }
    var mark: SourceMark { SourceMark(pointer.pointee.start_mark) }

    /// The name after `&` or `*`.
    var anchor: String? {
        let name =
            switch type {
            case YAML_ALIAS_EVENT: pointer.pointee.data.alias.anchor
            case YAML_SCALAR_EVENT: pointer.pointee.data.scalar.anchor
            case YAML_SEQUENCE_START_EVENT: pointer.pointee.data.sequence_start.anchor
            default: pointer.pointee.data.mapping_start.anchor
            }
        return name.map { String(cString: $0) }
    }

    var scalarText: String {
        let scalar = pointer.pointee.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    }

    var scalarTag: String? { pointer.pointee.data.scalar.tag.map { String(cString: $0) } }

    var collectionTag: String? {
        let isSequence = type == YAML_SEQUENCE_START_EVENT
        let tag = isSequence ? pointer.pointee.data.sequence_start.tag : pointer.pointee.data.mapping_start.tag
        return tag.map { String(cString: $0) }
    }

    var isPlain: Bool { pointer.pointee.data.scalar.style == YAML_PLAIN_SCALAR_STYLE }
    var isMergeKey: Bool { type == YAML_SCALAR_EVENT && isPlain && scalarTag == nil && scalarText == "<<" }
}

extension SourceMark {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int32(clamping: mark.line + 1), column: Int32(clamping: mark.column + 1))
    }
}
