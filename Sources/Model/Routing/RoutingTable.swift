/// Which experts each row went to: rows × sparse layers × top-k expert ids. Role: recorded by every forward, sent with each
/// response, and replayed by the learner (R2: its own π_old pass; R3: the rollout's). Only ids are replayed; gates are always
/// recomputed, so the router gets its gradient (arXiv 2507.18071, section on routing replay; arXiv 2512.01374).
///
/// Row r of a sequence holds the routes of the pass that fed token r, hence those in effect when token r + 1 was predicted.
/// Invariant: `ids.count` = rows · layers · topK; an id is −1 (not recorded: the native router decides) or an expert.
package struct RoutingTable: Sendable, Equatable {
    /// Not recorded.
    package static let missing: Int16 = -1

    package private(set) var rows: Int
    /// Sparse layers only, in order; 0 for a dense model.
    package let layers: Int
    package let topK: Int
    /// [rows][layers][topK]; within one row and layer ascending.
    package private(set) var ids: [Int16]

    /// A table in which nothing is recorded.
    package init(rows: Int, layers: Int, topK: Int) {
        (self.rows, self.layers, self.topK) = (rows, layers, topK)
        ids = Array(repeating: Self.missing, count: rows * layers * topK)
    }

    /// Adopts received ids; `PolicyPassError.routes` when their number does not fit.
    package init(rows: Int, layers: Int, topK: Int, ids: [Int16]) throws(PolicyPassError) {
        guard rows >= 0, layers >= 0, topK >= 0, ids.count == rows * layers * topK else {
            throw .routes("\(ids.count) expert ids cannot fill \(rows) rows × \(layers) layers × \(topK)")
        }
        (self.rows, self.layers, self.topK, self.ids) = (rows, layers, topK, ids)
    }

    /// The tables one after the other; all must agree in layers and topK.
    package init(concatenating tables: [RoutingTable]) {
        let first = tables.first
        precondition(
            tables.allSatisfy { $0.layers == first?.layers && $0.topK == first?.topK }, "tables of different models")
        rows = tables.reduce(0) { $0 + $1.rows }
        layers = first?.layers ?? 0
        topK = first?.topK ?? 0
        ids = tables.flatMap(\.ids)
    }

    /// The expert ids of one row and sparse layer.
    package subscript(row: Int, layer: Int) -> ArraySlice<Int16> {
        let start = (row * layers + layer) * topK
        return ids[start..<start + topK]
    }

    /// The rows of `range`, in order.
    package func rows(_ range: Range<Int>) -> RoutingTable {
        var part = RoutingTable(rows: range.count, layers: layers, topK: topK)
        let width = layers * topK
        part.ids = Array(ids[range.lowerBound * width..<range.upperBound * width])
        return part
    }

    /// Copies one row of `source` over row `row`.
    package mutating func setRow(_ row: Int, from source: RoutingTable, row sourceRow: Int) {
        let width = layers * topK
        for index in 0..<width { ids[row * width + index] = source.ids[sourceRow * width + index] }
    }

    /// Adds one row of `source` at the end.
    package mutating func appendRow(from source: RoutingTable, row sourceRow: Int) {
        let width = layers * topK
        ids.append(contentsOf: source.ids[sourceRow * width..<(sourceRow + 1) * width])
        rows += 1
    }

    /// Makes room for `count` rows in all.
    package mutating func reserve(rows count: Int) { ids.reserveCapacity(count * layers * topK) }

    /// Copies one layer's ids [rows][topK] into the table.
    mutating func setLayer(_ layer: Int, from source: UnsafePointer<Int16>) {
        ids.withUnsafeMutableBufferPointer { ids in
            for row in 0..<rows {
                for index in 0..<topK { ids[(row * layers + layer) * topK + index] = source[row * topK + index] }
            }
        }
    }

    /// Copies one layer's ids out as [rows][topK].
    func copyLayer(_ layer: Int, to destination: UnsafeMutablePointer<Int16>) {
        ids.withUnsafeBufferPointer { ids in
            for row in 0..<rows {
                for index in 0..<topK { destination[row * topK + index] = ids[(row * layers + layer) * topK + index] }
            }
        }
    }
}

extension RoutingTable {
    /// Throws unless the table has the model's shape, `rows` rows, and in each row and layer either nothing recorded or topK
    /// distinct experts.
    package func validate(_ configuration: ModelConfiguration, rows expectedRows: Int) throws(PolicyPassError) {
        let expectedLayers = configuration.sparseLayers.count
        let expectedTopK = configuration.experts?.topK ?? 0
        guard rows == expectedRows, layers == expectedLayers, layers == 0 || topK == expectedTopK else {
            throw .routes(
                "\(rows) rows × \(layers) layers × \(topK), expected \(expectedRows) × \(expectedLayers) × \(expectedTopK)"
            )
        }
        let experts = Int16(configuration.experts?.count ?? 0)
        for choice in 0..<rows * layers {
            let chosen = ids[choice * topK..<(choice + 1) * topK]
            if chosen.first == Self.missing { continue }
            for (offset, id) in chosen.enumerated() where id < 0 || id >= experts || chosen.prefix(offset).contains(id)
            {
                throw .routes(
                    "expert id \(id) at row \(choice / layers), layer \(choice % layers), allowed: distinct 0 to \(experts - 1)"
                )
            }
        }
    }
}
