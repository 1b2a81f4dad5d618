import Telemetry

/// A configuration as paths and values, whatever release wrote it.
package enum FlatConfiguration {
    /// Keys with dots ("rollout.group_size") and their values as JSON. Empty for what is not a JSON object.
    package static func values(json: String) -> [String: String] {
        var values: [String: String] = [:]
        if let members = LogValue(json: json)?.asObject { add(members, under: "", to: &values) }
        return values
    }

    private static func add(_ members: [String: LogValue], under prefix: String, to values: inout [String: String]) {
        for (key, value) in members {
            if let section = value.asObject {
                add(section, under: prefix + key + ".", to: &values)
            } else {
                values[prefix + key] = value.description
            }
        }
    }

    /// Keys whose values are not the same in all configurations, sorted; one that is absent is different.
    package static func differences(_ configurations: [[String: String]]) -> [String] {
        Set(configurations.flatMap(\.keys)).filter { key in Set(configurations.map { $0[key] }).count > 1 }.sorted()
    }
}
