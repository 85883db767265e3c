// SPDX-License-Identifier: Apache-2.0

internal import CJSON

extension JSONValue {
    /// Arrays and objects may be nested this deep.
    package static let depthLimit = 64
    /// A configuration of a container or an image is far smaller: what is larger is not one.
    package static let sizeLimit = 16 << 20

    /// Reads one JSON value (RFC 8259), which must be the whole text.
    ///
    /// The text is UTF-8 without NUL, neither as a byte nor escaped: no string of the specifications can have one, and C
    /// would cut the text there. Of two members of one name the later counts.
    ///
    /// - Throws: `JSONError` with the position of what can't be read.
    package init(parsing text: [UInt8], sizeLimit: Int = JSONValue.sizeLimit) throws(JSONError) {
        guard text.count <= sizeLimit else {
            throw JSONError(path: "", "the text has \(text.count) bytes, more than the \(sizeLimit) that are read")
        }
        try JSONScan.check(text)
        guard let tokener = json_tokener_new_ex(CInt(Self.depthLimit)) else {
            throw JSONError(path: "", "no memory to read JSON")
        }
        defer { json_tokener_free(tokener) }
        json_tokener_set_flags(tokener, CInt(JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8))
        // The closing NUL tells the tokener that the text ends there.
        let closed = text + [0]
        let parsed = closed.withUnsafeBytes {
            json_tokener_parse_ex(tokener, $0.baseAddress?.assumingMemoryBound(to: CChar.self), CInt($0.count))
        }
        defer { json_object_put(parsed) }
        let end = Int(json_tokener_get_parse_end(tokener))
        let result = json_tokener_get_error(tokener)
        guard result == json_tokener_success else {
            throw JSONError(offset: end, of: text, Self.sentence(result, atEnd: end >= text.count))
        }
        // After its value the tokener may stop before what follows.
        if let rest = text.indices.dropFirst(end).first(where: { !Self.isSpace(text[$0]) }) {
            throw JSONError(offset: rest, of: text, "unexpected text after the value")
        }
        guard let value = Self(parsed) else {
            throw JSONError(path: "", "a number that JSON doesn't have: NaN, Infinity or one out of range")
        }
        self = value
    }

    /// - Returns: nil for a number that is not finite, which the tokener reads although JSON has none.
    private init?(_ object: OpaquePointer?) {
        switch json_object_get_type(object) {
        case json_type_boolean: self = .bool(json_object_get_boolean(object) != 0)
        case json_type_int:
            // The tokener keeps an integer as signed where it fits; `get_int64` saturates the others.
            let unsigned = json_object_get_uint64(object)
            self = unsigned > UInt64(Int64.max) ? .unsigned(unsigned) : .integer(json_object_get_int64(object))
        case json_type_double:
            let value = json_object_get_double(object)
            guard value.isFinite else { return nil }
            self = .double(value)
        case json_type_string:
            let bytes = UnsafeRawBufferPointer(
                start: json_object_get_string(object), count: Int(json_object_get_string_len(object)))
            self = .string(String(decoding: bytes, as: UTF8.self))
        case json_type_array:
            var values: [JSONValue] = []
            let count = json_object_array_length(object)
            values.reserveCapacity(count)
            for index in 0..<count {
                guard let value = JSONValue(json_object_array_get_idx(object, index)) else { return nil }
                values.append(value)
            }
            self = .array(values)
        case json_type_object:
            guard let members = Self.members(of: object) else { return nil }
            self = .object(members)
        default: self = .null
        }
    }

    private static func members(of object: OpaquePointer?) -> [JSONMember]? {
        var members: [JSONMember] = []
        members.reserveCapacity(Int(json_object_object_length(object)))
        var entry = json_object_get_object(object)?.pointee.head
        while let current = entry {
            guard let name = current.pointee.k, let value = JSONValue(current.pointee.v.map(OpaquePointer.init))
            else { return nil }
            members.append(JSONMember(String(cString: name.assumingMemoryBound(to: CChar.self)), value))
            entry = current.pointee.next
        }
        return members
    }

    private static func sentence(_ error: json_tokener_error, atEnd: Bool) -> String {
        switch error {
        case json_tokener_error_depth: "nested deeper than \(depthLimit) levels"
        case json_tokener_error_parse_utf8_string: "not UTF-8"
        case json_tokener_error_parse_number: "not a number that can be read"
        case json_tokener_continue, json_tokener_error_parse_eof: "the text ends within the value"
        default: atEnd ? "the text ends within the value" : String(cString: json_tokener_error_desc(error))
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\t")
    }
}
