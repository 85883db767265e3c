// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

struct QuantityTests {
    @Test(
        "A quantity is printed in its canonical form",
        arguments: [
            ("0", "0"), ("0.0", "0"), ("-0", "0"), ("00100m", "100m"),
            ("1500m", "1500m"), ("1000m", "1"), ("0.1", "100m"), (".5", "500m"), ("5.", "5"), ("+1.5", "1500m"),
            ("-1.5", "-1500m"), ("1000", "1k"), ("1500", "1500"), ("123456789000", "123456789k"),
            ("1024Mi", "1Gi"), ("0.5Gi", "512Mi"), ("1.5Gi", "1536Mi"), ("1023Ki", "1023Ki"), ("1000Ki", "1000Ki"),
            ("512", "512"), ("0.5Ki", "512"), ("2048Ki", "2Mi"), ("-2048Ki", "-2Mi"),
            ("1e3", "1e3"), ("1E3", "1e3"), ("12e2", "1200"), ("1e-3", "1e-3"), ("1.5e+6", "1500e3"), ("1E", "1E"),
            ("1n", "1n"), ("1u", "1u"), ("100000u", "100m"), ("1P", "1P"), ("1Ei", "1Ei"),
        ])
    func printsCanonically(text: String, canonical: String) {
        #expect(Quantity(text)?.description == canonical)
    }

    @Test(
        "Every suffix has its factor",
        arguments: [
            ("1n", 1), ("1u", 1_000), ("1m", 1_000_000), ("1", 1_000_000_000), ("1k", Int128(1_000_000_000_000)),
            ("1M", Int128(1_000_000) * 1_000_000_000), ("1G", Int128(1_000_000_000) * 1_000_000_000),
            ("1T", Int128(1_000_000_000_000) * 1_000_000_000), ("1P", Int128(1_000_000_000_000_000) * 1_000_000_000),
            ("1E", Int128(1_000_000_000_000_000_000) * 1_000_000_000), ("1Ki", Int128(1024) * 1_000_000_000),
            ("1Mi", Int128(1 << 20) * 1_000_000_000), ("1Gi", Int128(1 << 30) * 1_000_000_000),
            ("1Ti", Int128(1 << 40) * 1_000_000_000), ("1Pi", Int128(1 << 50) * 1_000_000_000),
            ("1Ei", Int128(1 << 60) * 1_000_000_000),
        ] as [(String, Int128)])
    func knowsSuffixes(text: String, nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(
        "What is no quantity is refused",
        arguments: [
            "", " ", "abc", "10Q", "1K", "1KB", "1mi", "1kI", "1 Gi", "1Gi ", "1.2.3", "--1", "+", "-", ".", "m", "1e",
            "1e+",
            "1e1.5", "1e99999999999999999999", "0x10", "1_000", "１", "1MiMi", "Inf", "NaN",
        ])
    func refuses(text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test(
        "What is finer than 10⁻⁹ is rounded away from zero",
        arguments: [
            ("0.0000000001", 1), ("1e-400", 1), ("-1e-400", -1), ("0.1n", 1), ("1.0000000001n", 2), ("-1.1n", -2),
            ("0.0000000001Ki", 103), ("0.00000000000000000000000001Ki", 1), ("0e-400", 0),
        ])
    func roundsUp(text: String, nanos: Int128) {
        #expect(Quantity(text)?.nanos == nanos)
    }

    @Test(
        "What is beyond 2⁶³−1 is cut to it, however large the exponent",
        arguments: [
            "9223372036854775807", "9223372036854775808", "1e400", "1e4000000000", "8Ei", "16Ei", "10E",
            "99999999999999999999999Ei",
            String(repeating: "9", count: 1000),
        ])
    func capsAtMaximum(text: String) {
        #expect(Quantity(text)?.value == .max)
        #expect(Quantity("-" + text)?.value == -.max)
    }

    @Test(
        "Integers and thousandths are rounded away from zero",
        arguments: [
            ("1500m", 2, 1500), ("1", 1, 1000), ("100u", 1, 1), ("-1500m", -2, -1500), ("400m", 1, 400),
            ("1.0001", 2, 1001),
        ] as [(String, Int64, Int64)])
    func rounds(text: String, value: Int64, milliValue: Int64) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.value == value)
        #expect(quantity.milliValue == milliValue)
    }

    @Test("Ways of writing the same amount compare as equal amounts")
    func comparesByValue() throws {
        let amounts = try ["128974848", "128974848000m", "125952Ki", "123Mi"].map { try #require(Quantity($0)) }
        for amount in amounts { #expect(amount.nanos == amounts[0].nanos) }
        #expect(try #require(Quantity("129M")) > amounts[0])
        #expect(try #require(Quantity("129e6")).nanos == Quantity("129M")?.nanos)
    }

    @Test("The sum has the format of its left side and stays in range")
    func adds() throws {
        let mebibyte = try #require(Quantity("1Mi"))
        #expect((mebibyte + mebibyte).description == "2Mi")
        let largest = Quantity(nanos: Quantity.maximumNanos)
        #expect(largest + largest == largest)
    }
}
