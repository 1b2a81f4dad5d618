import ArgumentParser
import Model

/// `--precision` and `--max-shard-size`: how weights are written.
struct WeightFormatOptions: ParsableArguments {
    @Option(help: "Format of the weights: bf16 or fp32.")
    var precision: ParameterPrecision?

    @Option(help: "Largest file of weights, such as 500MB or 5GB (decimal units); more go into several.")
    var maxShardSize = ByteCount(bytes: 5_000_000_000)

    var maximumShardBytes: Int { maxShardSize.bytes }
}

extension ParameterPrecision: ExpressibleByArgument {}

/// A number of bytes as people write it.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1)]
        let text = argument.uppercased()
        guard let unit = units.first(where: { text.hasSuffix($0.0) }),
            let number = Int(text.dropLast(unit.0.count)), number > 0
        else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: unit.1)
        guard !overflows else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String { "5GB" }
}
