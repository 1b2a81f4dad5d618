import ArgumentParser
import Model
import Tensor

/// `apus bench gemm`: the packed matrix product against the peak of one core.
struct GemmBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Speed of the packed matrix product as a share of one core's fused multiply-add peak.",
        discussion: """
            y[M][n] = x[M][k] · Wᵀ for M rows and packed weights W[n][k], on one thread. The peak is measured in the same \
            repetition by fused multiply-adds on registers alone. Both are timed by the thread's processor time, so other \
            processes disturb them little. Both formats of the weights are multiplied in fp32, and bf16 \
            also in bf16, whose share of the fp32 peak is over 100 % where a matrix unit (AMX) does it.

            EXAMPLES
              apus bench gemm
              apus bench gemm --rows 8,64 --sizes 576,1536 --json
            """)

    @Option(help: ArgumentHelp("Values of M.", valueName: "m,m,…"))
    var rows = "1,2,4,8,16,32,64,128"

    @Option(help: ArgumentHelp("Values of n and k.", valueName: "n,n,…"))
    var sizes = "256,576,1024,1536"

    @OptionGroup var options: BenchOptions

    func run() throws {
        let rows = try NumberList.parse(rows, option: "--rows", 1...4096)
        let sizes = try NumberList.parse(sizes, option: "--sizes", 1...8192)
        let benchmark = GemmBenchmark(rows: rows, sizes: sizes, repetitions: options.repetitions)
        let result = benchmark.run()
        try options.publish(
            "gemm", machine: Machine(), threads: 1, result.json, table: result.table(rows: rows, sizes: sizes))
    }
}

/// A list of whole numbers in one argument.
enum NumberList {
    static func parse(_ text: String, option: String, _ range: ClosedRange<Int>) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let value = Int(part), range.contains(value) else {
                throw ValidationError(
                    "\(option): \"\(part)\" is not a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }
}
