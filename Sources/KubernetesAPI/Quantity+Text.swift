// SPDX-License-Identifier: Apache-2.0

// `<sign><digits>[.<digits>]<suffix>`; see the Go package `k8s.io/apimachinery/pkg/api/resource`.

extension Quantity: CustomStringConvertible {
    /// What a text that is no quantity is told.
    package static let rule =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*([-+]?[0-9]+)?)$'"

    /// The largest magnitude: 2⁶³−1. What is beyond is cut to it.
    package static let maximumNanos = Int128(Int64.max) * nanosPerUnit

    package static let nanosPerUnit: Int128 = 1_000_000_000

    /// Reads a quantity; nil when `text` is none. Finer than 10⁻⁹ is rounded away from zero. The time taken grows with
    /// the length of the text, never with the exponent in it.
    package init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            isNegative = sign == UInt8(ascii: "-")
            bytes = bytes.dropFirst()
        }
        let whole = bytes.prefix(while: \.isDigit)
        bytes = bytes.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if bytes.first == UInt8(ascii: ".") {
            fraction = bytes.dropFirst().prefix(while: \.isDigit)
            bytes = bytes.dropFirst(1 + fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty, let suffix = Suffix(bytes) else { return nil }
        var magnitude: Int128
        switch suffix {
        case .decimal(let exponent): magnitude = decimalNanos(whole, fraction, exponent)
        case .scientific(let exponent): magnitude = decimalNanos(whole, fraction, exponent)
        case .binary(let exponent): magnitude = binaryNanos(whole, fraction, exponent)
        }
        magnitude = min(magnitude, Quantity.maximumNanos)
        self.init(nanos: isNegative ? -magnitude : magnitude, format: suffix.format)
        // A fraction of one has no binary suffix.
        if format == .binarySI, magnitude > 0, magnitude < Quantity.nanosPerUnit { format = .decimalSI }
    }

    /// The canonical form: no fraction, the largest suffix that leaves an integer, in the family it was written in.
    package var description: String {
        if nanos == 0 { return "0" }
        if format == .binarySI, nanos.magnitude >= UInt128(1024 * Quantity.nanosPerUnit) {
            var mantissa = Int128(value)
            var step = 0
            while step < binarySuffixes.count - 1, mantissa % 1024 == 0 {
                mantissa /= 1024
                step += 1
            }
            return "\(mantissa)\(binarySuffixes[step])"
        }
        var mantissa = nanos
        var step = 0
        while step < decimalSuffixes.count - 1, mantissa % 1000 == 0 {
            mantissa /= 1000
            step += 1
        }
        let exponent = 3 * step - 9
        if format == .decimalExponent { return exponent == 0 ? "\(mantissa)" : "\(mantissa)e\(exponent)" }
        return "\(mantissa)\(decimalSuffixes[step])"
    }

    /// The same amount, rounded away from zero to whole thousandths, as the API server keeps every resource.
    package var roundedUpToMilli: Quantity {
        let (_, rest) = nanos.quotientAndRemainder(dividingBy: 1_000_000)
        if rest == 0 { return self }
        return Quantity(nanos: nanos - rest + (nanos < 0 ? -1_000_000 : 1_000_000), format: format)
    }

    /// The sum, at most the largest quantity, in the format of the left one.
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        let sum = min(max(left.nanos + right.nanos, -maximumNanos), maximumNanos)
        return Quantity(nanos: sum, format: left.format)
    }
}

private let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
private let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

private enum Suffix {
    /// Powers of ten, of ten by exponent, of two.
    case decimal(Int), scientific(Int), binary(Int)

    var format: Quantity.Format {
        switch self {
        case .decimal: .decimalSI
        case .scientific: .decimalExponent
        case .binary: .binarySI
        }
    }

    init?(_ bytes: ArraySlice<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        if let step = decimalSuffixes.firstIndex(of: text) {
            self = .decimal(3 * step - 9)
        } else if let step = binarySuffixes.firstIndex(of: text) {
            self = .binary(10 * step)
        } else if let letter = bytes.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E"),
            let exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self))
        {
            self = .scientific(exponent)
        } else {
            return nil
        }
    }
}

/// The digits times 10^exponent, in 10⁻⁹ units, rounded up; more than the maximum when it is beyond it.
private func decimalNanos(_ whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, _ exponent: Int) -> Int128 {
    let digits = (whole + fraction).drop { $0 == UInt8(ascii: "0") }
    guard !digits.isEmpty else { return 0 }
    // Clamped far outside of what matters, so that no sum overflows.
    let shift = min(max(exponent, -1 << 40), 1 << 40) - fraction.count + 9
    let places = digits.count + shift
    if places > 29 { return Quantity.maximumNanos }
    guard places > 0 else { return 1 }
    var result: Int128 = 0
    for digit in digits.prefix(places) { result = result * 10 + Int128(digit - UInt8(ascii: "0")) }
    for _ in 0..<max(0, shift) { result *= 10 }
    return result + (digits.dropFirst(places).contains { $0 != UInt8(ascii: "0") } ? 1 : 0)
}

/// The digits times 2^exponent, in 10⁻⁹ units, rounded up; more than the maximum when it is beyond it.
private func binaryNanos(_ whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, _ exponent: Int) -> Int128 {
    let digits = whole.drop { $0 == UInt8(ascii: "0") }
    if digits.count > 19 { return Quantity.maximumNanos }
    var units: Int128 = 0
    for digit in digits { units = units * 10 + Int128(digit - UInt8(ascii: "0")) }
    if units > Int128(Int64.max) >> Int128(exponent) { return Quantity.maximumNanos }
    // 20 digits of fraction times 2⁶⁰ fit in 127 bits; what is finer only counts as "a little more".
    let kept = fraction.prefix(20)
    var part: Int128 = 0
    for digit in kept { part = part * 10 + Int128(digit - UInt8(ascii: "0")) }
    for _ in kept.count..<20 { part *= 10 }
    part <<= Int128(exponent)
    if fraction.dropFirst(20).contains(where: { $0 != UInt8(ascii: "0") }) { part += 1 }
    let (nanos, rest) = part.quotientAndRemainder(dividingBy: 100_000_000_000)
    return (units << Int128(exponent)) * Quantity.nanosPerUnit + nanos + (rest == 0 ? 0 : 1)
}
