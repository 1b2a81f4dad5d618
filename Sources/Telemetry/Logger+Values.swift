package import Logging

extension LogValue {
    /// The JSON value of metadata: numbers and truth values that came as `.stringConvertible` stay what they are.
    package init(_ metadata: Logger.MetadataValue) {
        switch metadata {
        case .string(let text): self = .text(text)
        case .dictionary(let members): self = .object(members.mapValues { LogValue($0) })
        case .array(let values): self = .list(values.map { LogValue($0) })
        case .stringConvertible(let value):
            switch value {
            case let value as LogValue: self = value
            case let value as Bool: self = .boolean(value)
            case let value as any BinaryInteger: self = LogValue(value)
            case let value as Double: self = .number(value)
            case let value as Float: self = .number(Double(value))
            default: self = .text(value.description)
            }
        }
    }
}

extension Logger.MetadataValue {
    package static func value(_ value: LogValue) -> Self { .stringConvertible(value) }
    package static func number(_ value: some BinaryInteger) -> Self { .stringConvertible(LogValue(value)) }
    package static func number(_ value: Double) -> Self { .stringConvertible(LogValue.number(value)) }
    package static func boolean(_ value: Bool) -> Self { .stringConvertible(LogValue.boolean(value)) }
}

extension Logger {
    /// Writes a record of docs/logs.md: its event name and all its fields.
    package func record(
        _ record: some LogRecord, level: Logger.Level = .info, file: String = #fileID, function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: level, "\(type(of: record).event)", metadata: record.fields.mapValues { .stringConvertible($0) },
            file: file, function: function, line: line)
    }
}
