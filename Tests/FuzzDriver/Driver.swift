// SPDX-License-Identifier: Apache-2.0

// What libFuzzer calls; built by `scripts/fuzz` alone, with the sanitizer that brings the fuzzer.

import CLinux
import FuzzProperties

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private let property: FuzzProperty = {
    let name = getenv("BERTH_FUZZ_PROPERTY").map { String(cString: $0) } ?? ""
    guard let property = FuzzProperty(rawValue: name) else {
        fatalError("BERTH_FUZZ_PROPERTY must be one of \(FuzzProperty.allCases.map(\.rawValue))")
    }
    return property
}()

/// One input. What is broken ends the program, as libFuzzer expects it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let broken = property.violation(Array(UnsafeBufferPointer(start: start, count: count))) {
        fatalError("\(property.rawValue): \(broken)")
    }
    return 0
}

/// What the package manager names `main`.
@_cdecl("berth_fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments, testOneInput)
}
