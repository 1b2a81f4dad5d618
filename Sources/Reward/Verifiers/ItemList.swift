/// A list as tasks give it and answers repeat it: whole numbers, or texts.
enum ItemList: Equatable {
    case numbers([Int])
    case texts([String])

    private static let maximumItems = 4096

    /// nil unless there is an item, all are of one type, and every text can be told apart in an answer.
    init?(_ values: [PayloadValue]) {
        guard (1...Self.maximumItems).contains(values.count) else { return nil }
        let numbers = values.compactMap(\.integer)
        if numbers.count == values.count {
            self = .numbers(numbers)
            return
        }
        let texts = values.compactMap(\.string)
        guard texts.count == values.count,
            texts.allSatisfy({ text in Self.items(in: Array(text.utf8)[...]) == [Array(text.utf8)] })
        else { return nil }
        self = .texts(texts)
    }

    var count: Int {
        switch self {
        case .numbers(let numbers): numbers.count
        case .texts(let texts): texts.count
        }
    }

    /// The list that an answer writes, of this list's type; nil if it is none, or of another length.
    ///
    /// One pair of brackets around all is dropped. Items are parted by commas or semicolons if there are any, else by blanks;
    /// quotes around a text are dropped.
    func read(_ answer: ArraySlice<UInt8>) -> ItemList? {
        let items = Self.items(in: answer)
        guard items.count == count else { return nil }
        switch self {
        case .numbers:
            let numbers = items.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
            return numbers.count == count ? .numbers(numbers) : nil
        case .texts:
            return .texts(items.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// In order: numbers by value, texts by their UTF-8 bytes.
    func sorted(descending: Bool) -> ItemList {
        switch self {
        case .numbers(let numbers): .numbers(numbers.sorted { descending ? $0 > $1 : $0 < $1 })
        case .texts(let texts):
            .texts(
                texts.sorted { left, right in
                    descending
                        ? right.utf8.lexicographicallyPrecedes(left.utf8)
                        : left.utf8.lexicographicallyPrecedes(right.utf8)
                })
        }
    }

    private static func items(in text: ArraySlice<UInt8>) -> [[UInt8]] {
        var text = AnswerExtraction.trimmed(text)
        let pairs = [("[", "]"), ("(", ")"), ("{", "}")]
        if pairs.contains(where: { text.starts(with: $0.0.utf8) && text.last == $0.1.utf8.first }), text.count >= 2 {
            text = AnswerExtraction.trimmed(text.dropFirst().dropLast())
        }
        guard !text.isEmpty else { return [] }
        func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        let parts =
            text.contains(where: isSeparator)
            ? text.split(omittingEmptySubsequences: false, whereSeparator: isSeparator)
            : text.split(whereSeparator: isBlank)
        return parts.map { part in
            let item = AnswerExtraction.trimmed(part)
            for quote in [UInt8(ascii: "\""), UInt8(ascii: "'")]
            where item.count >= 2 && item.first == quote && item.last == quote {
                return Array(item.dropFirst().dropLast())
            }
            return Array(item)
        }
    }

    /// Equal item by item, texts byte for byte.
    static func == (left: ItemList, right: ItemList) -> Bool {
        switch (left, right) {
        case (.numbers(let left), .numbers(let right)): left == right
        case (.texts(let left), .texts(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
        default: false
        }
    }
}
