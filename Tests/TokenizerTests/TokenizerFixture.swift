import Foundation
import Model

/// Tests/Fixtures/tokenizer: small tokenizers, and what Hugging Face tokenizers made of varied strings.
struct TokenizerFixture {
    static let kinds = ["qwen2", "llama3", "gpt2", "smollm2"]
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/tokenizer").path

    struct Golden: Decodable {
        let texts: [String]
        let ids: [String: [[Int32]]]
        /// Pairs of a text and its normalisation form C.
        let nfc: [[String]]
    }

    static func bytes(_ name: String) throws -> [UInt8] { try FileReading.read(root + "/" + name, limit: 1 << 26) }

    static func tokenizer(_ kind: String) throws -> Tokenizer { try Tokenizer(json: bytes(kind + ".json")) }

    static func golden() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Data(bytes("golden.json")))
    }

    /// Ids of the golden texts by a published tokenizer.
    static func ids(_ file: String) throws -> [[Int32]] {
        try JSONDecoder().decode([[Int32]].self, from: Data(bytes(file)))
    }
}

/// Random text: mostly of one script, with spaces, line breaks, combining marks and what else divides tokenisers.
func randomText(count: Int, using generator: inout some RandomNumberGenerator) -> String {
    let pools = [
        "abcdefghij XYZ   ", "'sStTmMdDrReEvVlL ", "0123456789Ⅷ½", "\n\r\t \u{A0}\u{3000}\u{2003}",
        "éèüñç\u{301}\u{323}",
        "日本語中文한국어かな", "😀👩\u{200D}👧🇩🇪", "!@#$%^&*()-_=+<|im_end|>", "العربيةไทย",
    ]
    var text = ""
    for _ in 0..<count {
        let pool = pools[Int.random(in: 0..<pools.count, using: &generator)]
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            text.unicodeScalars.append(pool.unicodeScalars.randomElement(using: &generator) ?? " ")
        }
    }
    return text
}
