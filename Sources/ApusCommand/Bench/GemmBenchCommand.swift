import ArgumentParser
import CKernels
import Model
import Tensor

/// `apus bench gemm`: the matrix products against the peak of one core.
struct GemmBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Speed of the matrix products as a share of what one core reaches in their arithmetic.",
        discussion: """
            y[M][n] = x[M][k] · Wᵀ for M rows and packed weights W[n][k], and dW[n][k] += yᵀ · x, on one thread. The peak \
            is measured just before each product, on registers alone: fused multiply-adds for fp32 and, where there is a \
            matrix unit (AMX), that unit's instruction for bf16 arithmetic. Both are timed by the thread's processor time, \
            so other processes disturb them little. "Block by block" leaves results where the next step takes them, as \
            the learner does with those that are many.

            EXAMPLES
              apus bench gemm
              apus bench gemm --rows 256,1024 --sizes 576,1536 --json
              apus bench gemm --instruction-set avx512-vnni
            """)

    @Option(help: ArgumentHelp("Values of M.", valueName: "m,m,…"))
    var rows = "1,2,4,8,16,32,64,128"

    @Option(help: ArgumentHelp("Values of n and k.", valueName: "n,n,…"))
    var sizes = "256,576,1024,1536"

    @Option(
        help: ArgumentHelp(
            "Kernels to measure: amx, avx512-vnni, avx512, avx2, neon or generic. Default: the best that this processor has.",
            valueName: "name"))
    var instructionSet: String?

    @OptionGroup var options: BenchOptions

    func run() throws {
        // For this thread, which is the only one here.
        if let instructionSet, !apus_force_instruction_set(instructionSet) {
            throw ValidationError("--instruction-set: this processor or this program has no \"\(instructionSet)\"")
        }
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
