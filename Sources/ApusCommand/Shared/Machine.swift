import CKernels
import Foundation
import JSON
import Model

/// The machine a command runs on, and how busy it is: without these no speed means anything.
struct Machine {
    /// Cores this process may use.
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    let processor: String
    /// "amx", "avx512-vnni", "avx512", "avx2", "neon" or "generic".
    let instructionSet: String
    /// Processes that wanted a core, averaged over the last minute; includes this one.
    let loadAverage: Double

    init() {
        processor = Self.processorName()
        instructionSet = String(cString: apus_instruction_set())
        var loads = [Double](repeating: 0, count: 1)
        loadAverage = getloadavg(&loads, 1) == 1 ? loads[0] : .nan
    }

    private static func processorName() -> String {
        let bytes = FileManager.default.contents(atPath: "/proc/cpuinfo") ?? Data()
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
        guard let line, let colon = line.firstIndex(of: ":") else { return "unknown processor" }
        return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }

    var text: String {
        "\(processor), \(Self.cores) cores, \(instructionSet) kernels, load average "
            + NumberText.fixed(loadAverage, 1)
    }

    var json: JSONObject {
        var object = JSONObject()
        object.append("processor", .string(processor))
        object.append("cores", .integer(Self.cores))
        object.append("instruction_set", .string(instructionSet))
        object.append("load_average_1_min", loadAverage.isFinite ? .number(loadAverage) : .null)
        return object
    }
}
