// SPDX-License-Identifier: Apache-2.0

/// Nanoseconds of a text like `1h15m30.5s`, as Go's `time.ParseDuration` reads it; nil when it is none.
func goDuration(_ text: String) -> Int64? {
    var rest = Array(text.utf8)[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    if rest.elementsEqual([UInt8(ascii: "0")]) { return 0 }
    guard !rest.isEmpty else { return nil }
    var total: Int64 = 0
    while !rest.isEmpty {
        guard let part = takePart(&rest) else { return nil }
        let sum = total.addingReportingOverflow(part)
        if sum.overflow { return nil }
        total = sum.partialValue
    }
    return isNegative ? -total : total
}

/// Why a text is no duration, as `time.ParseDuration` says it: the first number without a unit that it knows, or all else.
func goDurationFault(_ text: String) -> String {
    var rest = Array(text.utf8)[...]
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    while !rest.isEmpty {
        let start = rest
        if takePart(&rest) != nil { continue }
        rest = start
        let whole = takeDigits(&rest)
        var hasNumber = !whole.isEmpty
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            hasNumber = !takeDigits(&rest).isEmpty || hasNumber
        }
        let isTooLarge = !whole.isEmpty && Int64(String(decoding: whole, as: UTF8.self)) == nil
        guard hasNumber, !isTooLarge else { break }
        let letters = takeLetters(&rest)
        if letters.isEmpty { return "missing unit in duration \(Fault.quoted(text))" }
        if unit(letters) == nil { return "unknown unit \(Fault.quoted(letters)) in duration \(Fault.quoted(text))" }
        break
    }
    return "invalid duration \(Fault.quoted(text))"
}

/// Takes a number and its unit.
private func takePart(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    let whole = takeDigits(&rest)
    var fraction: ArraySlice<UInt8> = []
    if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        fraction = takeDigits(&rest)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    guard let unit = unit(takeLetters(&rest)),
        let number = whole.isEmpty ? 0 : Int64(String(decoding: whole, as: UTF8.self))
    else { return nil }
    let (nanoseconds, overflow) = number.multipliedReportingOverflow(by: unit)
    if overflow { return nil }
    var (tail, place) = (Int64(0), unit)
    for digit in fraction {
        place /= 10
        tail += Int64(digit - UInt8(ascii: "0")) * place
    }
    let sum = nanoseconds.addingReportingOverflow(tail)
    return sum.overflow ? nil : sum.partialValue
}

private func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = rest.prefix(while: \.isDigit)
    rest = rest.dropFirst(digits.count)
    return digits
}

private func takeLetters(_ rest: inout ArraySlice<UInt8>) -> String {
    let letters = rest.prefix { !$0.isDigit && $0 != UInt8(ascii: ".") }
    rest = rest.dropFirst(letters.count)
    return String(decoding: letters, as: UTF8.self)
}

private func unit(_ name: String) -> Int64? {
    switch name {
    case "ns": 1
    case "us", "µs", "μs": 1000
    case "ms": 1_000_000
    case "s": 1_000_000_000
    case "m": 60_000_000_000
    case "h": 3_600_000_000_000
    default: nil
    }
}
