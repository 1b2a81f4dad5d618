import Foundation
import MathAnswers

/// Cases of Tests/Fixtures/math, a JSON object a line.
enum Cases {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/math")

    static func read<Case: Decodable>(_ name: String, as type: Case.Type) throws -> [Case] {
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Case.self, from: $0) }
    }
}

/// A case made by hand.
struct HandMadeCase: Decodable, CustomStringConvertible {
    let category: String
    let gold: String
    let prediction: String
    let verdict: String

    var expected: MathVerdict { verdict == "correct" ? .correct : .wrong }
    var description: String { "\(category): \(prediction) for \(gold)" }
}

/// A case of Math-Verify's tests; derive_math_verify.py says what the keys mean.
struct ReferenceCase: Decodable {
    struct Settings: Decodable {
        let targets: [String]?
        let places: Int?
        let setRelations: Bool?
        let strict: Bool?

        enum CodingKeys: String, CodingKey {
            case targets, strict
            case places = "float_rounding"
            case setRelations = "allow_set_relation_comp"
        }
    }

    let id: String
    let gold: String
    let prediction: String
    let expected: Bool
    let settings: Settings

    /// What Math-Verify's settings are called here.
    var mathSettings: MathSettings {
        var result = MathSettings()
        let targets = settings.targets ?? ["latex", "expr"]
        result.findsLatex = targets.contains("latex")
        result.findsPlain = targets.contains("expr")
        result.decimalComma = targets == ["expr"]
        result.decimalPlaces = settings.places ?? 6
        result.relationsAnswerSets = settings.setRelations ?? false
        result.namesMatter = settings.strict ?? true
        return result
    }
}
