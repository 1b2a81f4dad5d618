import Foundation

/// One direction of a connection: reads frames, lets each meet its fault, writes what is left of it.
struct FaultyPipe: Sendable {
    private static let greetingBytes = 64
    private static let longFlag: UInt8 = 2
    private static let largestFrame = 256 << 20
    private let source: Int32
    private let destination: Int32
    private let plan: FaultPlan
    private let tally: Tally
    private let seed: UInt64

    init(from source: Int32, to destination: Int32, plan: FaultPlan, tally: Tally, seed: UInt64) {
        self.source = source
        self.destination = destination
        self.plan = plan
        self.tally = tally
        self.seed = seed
    }

    /// Returns when either end is closed, or the fault `cut` says so.
    func run() {
        guard passGreeting() else { return }
        var random = Random(state: seed)
        while let frame = readFrame() {
            let fault = plan.fault(at: random.unit())
            tally.count(fault)
            switch fault {
            case nil: if !send(frame) { return }
            case .drop: continue
            case .duplicate: if !send(frame) || !send(frame) { return }
            case .cut: return
            case .delay:
                Thread.sleep(forTimeInterval: 0.05 + 0.45 * random.unit())
                if !send(frame) { return }
            case .truncate:
                let kept = Int(random.unit() * Double(frame.body.count))
                if !send(Frame(flags: frame.flags, body: Array(frame.body.prefix(kept)))) { return }
            case .corrupt:
                var body = frame.body
                if !body.isEmpty {
                    body[Int(random.unit() * Double(body.count))] ^= UInt8(1 + Int(random.unit() * 254))
                }
                if !send(Frame(flags: frame.flags, body: body)) { return }
            }
        }
    }

    private struct Frame {
        /// Bit 0: more frames follow; bit 1: eight bytes of length; bit 2: a command.
        var flags: UInt8
        var body: [UInt8]
    }

    /// The greeting goes through as it comes: each side waits for parts of the other's.
    private func passGreeting() -> Bool {
        var left = Self.greetingBytes
        while left > 0 {
            guard let bytes = TCP.readSome(source, atMost: left), TCP.write(destination, bytes) else { return false }
            left -= bytes.count
        }
        return true
    }

    private func readFrame() -> Frame? {
        guard let flags = TCP.read(source, count: 1)?.first,
            let length = TCP.read(source, count: flags & Self.longFlag == 0 ? 1 : 8)
        else { return nil }
        let count = length.reduce(0) { $0 << 8 | Int($1) }
        guard (0...Self.largestFrame).contains(count), let body = TCP.read(source, count: count) else { return nil }
        return Frame(flags: flags, body: body)
    }

    private func send(_ frame: Frame) -> Bool {
        let count = frame.body.count
        var bytes: [UInt8]
        if count > 255 {
            bytes = [frame.flags | Self.longFlag]
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        } else {
            bytes = [frame.flags & ~Self.longFlag, UInt8(count)]
        }
        return TCP.write(destination, bytes + frame.body)
    }

    /// SplitMix64.
    private struct Random {
        var state: UInt64

        /// Uniform in 0..<1.
        mutating func unit() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
        }
    }
}
