import Model
import TestSupport
import Testing

@Suite struct PolicySnapshotTests {
    private let layout: ParameterLayout

    init() throws {
        layout = ParameterLayout(try ModelConfiguration(json: ModelConfigurationTests.minimal))
    }

    private func master(seed: UInt64) -> [Float] {
        var generator = SplitMix64(seed: seed)
        return (0..<layout.elementCount).map { _ in .random(in: -2...2, using: &generator) }
    }

    private func snapshot(_ master: [Float], _ precision: ParameterPrecision) -> PolicySnapshot {
        master.withUnsafeBufferPointer { PolicySnapshot(version: 7, precision: precision, layout: layout, master: $0) }
    }

    private func weights(_ snapshot: PolicySnapshot) -> [Float] {
        [Float](unsafeUninitializedCapacity: layout.elementCount) { buffer, count in
            snapshot.copy(to: UnsafeMutableBufferPointer(rebasing: buffer[..<layout.elementCount]))
            count = layout.elementCount
        }
    }

    @Test func fp32KeepsEveryBit() {
        let master = master(seed: 1)
        #expect(weights(snapshot(master, .fp32)) == master)
    }

    @Test func bf16RoundsToNearestEven() {
        var master = master(seed: 2)
        // Exactly between two bf16 values: to the even one, down and up.
        master[0] = Float(bitPattern: 0x3F80_8000)
        master[1] = Float(bitPattern: 0x3F81_8000)
        let rounded = weights(snapshot(master, .bf16))
        #expect(rounded[0].bitPattern == 0x3F80_0000)
        #expect(rounded[1].bitPattern == 0x3F82_0000)
        for (value, found) in zip(master, rounded) {
            #expect(found.bitPattern & 0xFFFF == 0)
            #expect(abs(value - found) <= abs(value) / 256)
        }
        // A policy is its published weights: rounding again changes nothing.
        #expect(snapshot(rounded, .bf16).sha256 == snapshot(master, .bf16).sha256)
    }

    @Test func identityIsTheHashOfTheBytes() throws {
        let one = snapshot(master(seed: 3), .bf16)
        var changed = weights(one)
        changed[100] += 1
        #expect(snapshot(changed, .bf16).sha256 != one.sha256)
        #expect(one.sha256.count == 32)
        let copy = one.bytes.withUnsafeBytes { SharedBytes(copying: $0) }
        let received = try PolicySnapshot(
            version: 7, precision: .bf16, layout: layout, bytes: copy, sha256: one.sha256)
        #expect(received.sha256 == one.sha256)
        #expect(throws: PolicySnapshotError.self) {
            try PolicySnapshot(
                version: 7, precision: .bf16, layout: layout, bytes: copy, sha256: snapshot(changed, .bf16).sha256)
        }
        #expect(
            throws: PolicySnapshotError.wrongSize(expected: 4 * layout.elementCount, found: 2 * layout.elementCount)
        ) { try PolicySnapshot(version: 7, precision: .fp32, layout: layout, bytes: copy) }
    }

    @Test func hexadecimalHasTwoDigitsAByte() {
        #expect(Hexadecimal.text([0x00, 0xAF, 0x10]) == "00af10")
    }

    @Test func halfPrecisionWidensExactly() {
        let known: [(UInt16, Float)] = [
            (0x0000, 0), (0x3C00, 1), (0xC000, -2), (0x7BFF, 65504), (0x0001, 0x1p-24), (0x03FF, 0x1.ff8p-15),
            (0x0400, 0x1p-14), (0x3555, 0x1.554p-2), (0x7C00, .infinity), (0xFC00, -.infinity),
        ]
        for (pattern, value) in known { #expect(FloatConversion.single(half: pattern) == value) }
        #expect(FloatConversion.single(half: 0x8000).sign == .minus)
        #expect(FloatConversion.single(half: 0x7E00).isNaN)
        // Finite patterns in order are values in order.
        for pattern in UInt16(0)..<0x7BFF {
            #expect(FloatConversion.single(half: pattern) < FloatConversion.single(half: pattern + 1))
        }
    }
}
