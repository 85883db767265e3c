// SPDX-License-Identifier: Apache-2.0

/// `resource.Quantity`: a fixed-point number, exact to 10⁻⁹, at most 2⁶³−1 in magnitude.
package struct Quantity: Hashable, Comparable, Sendable {
    /// How it was written, and how it is printed again.
    package enum Format: Hashable, Sendable { case decimalSI, binarySI, decimalExponent }

    /// The value in 10⁻⁹ units.
    package var nanos: Int128
    package var format: Format

    package init(nanos: Int128, format: Format = .decimalSI) {
        self.nanos = nanos
        self.format = format
    }

    /// The value as an integer, rounded away from zero, as Kubernetes's `Value()`.
    package var value: Int64 { rounded(by: 1_000_000_000) }
    /// The value in thousandths, rounded away from zero, as Kubernetes's `MilliValue()`.
    package var milliValue: Int64 { rounded(by: 1_000_000) }

    private func rounded(by unit: Int128) -> Int64 {
        let (quotient, rest) = nanos.quotientAndRemainder(dividingBy: unit)
        return Int64(clamping: rest == 0 ? quotient : quotient + (nanos < 0 ? -1 : 1))
    }

    package static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }
}
