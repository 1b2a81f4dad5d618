/// A model in a GGUF file, read as what it was before llama.cpp's converter: a Hugging Face directory.
///
/// Quantised weights become the fp32 values that they stand for, rounded to the chosen precision. What the converter changed
/// is undone: names, the stacking of experts, and for `llama` the order of the rows of query and key projections.
package struct GGUFModel {
    package let file: GGUFFile
    package let configuration: ModelConfiguration
    /// The head, when it is only a second quantisation of the embedding.
    package let tiedHead: GGUFFile.Tensor?
    private let companions: [String: [UInt8]]

    /// Reads and checks all but the weights. `precision` nil: fp32 when matrices are stored as F32 or F16, which bf16 could
    /// not hold exactly, otherwise bf16.
    package init(path: String, precision: ParameterPrecision? = nil) throws(GGUFError) {
        let file = try GGUFFile(path: path)
        self.file = file
        do throws(GGUFError.Problem) {
            let metadata = try GGUFMetadata(file)
            let hasExactMatrices = file.tensors.contains { $0.shape.count > 1 && $0.type.isExactOnlyInFP32 }
            let precision = precision ?? (hasExactMatrices ? .fp32 : .bf16)
            let reader = try GGUFConfiguration(metadata)
            tiedHead = Self.tiedHead(file)
            let configuration = try reader.configuration(
                tiesEmbeddings: file["output.weight"] == nil || tiedHead != nil, precision: precision)
            self.configuration = configuration
            let hasTokenizer = file.value("tokenizer.ggml.model") != nil
            companions = hasTokenizer ? try GGUFTokenizer(metadata).files(configuration) : [:]
        } catch {
            throw GGUFError(file: path, problem: error)
        }
    }

    /// Reads the weights. `progress` is told the number of tensors done and that of all.
    package func directory(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(GGUFError)
        -> ModelDirectory
    {
        let layout = ParameterLayout(configuration)
        let precision = configuration.precision
        try refuseUnexpected(layout)
        let bytes = try SharedBytes(count: layout.byteCount(precision)) { (destination) throws(GGUFError) in
            for (index, parameter) in layout.tensors.enumerated() {
                let range = parameter.offset * precision.size..<(parameter.offset + parameter.count) * precision.size
                try load(parameter, as: precision, to: UnsafeMutableRawBufferPointer(rebasing: destination[range]))
                progress(index + 1, layout.tensors.count)
            }
        }
        do {
            let policy = try PolicySnapshot(version: 0, precision: precision, layout: layout, bytes: bytes)
            return try ModelDirectory(configuration: configuration, policy: policy, companions: companions)
        } catch {
            preconditionFailure("layout and companions were made of this configuration: \(error)")
        }
    }

    /// The tokenizer alone.
    package func tokenizer() throws(TokenizerError) -> Tokenizer {
        try TokenizerFiles(companions, family: configuration.family).tokenizer()
    }

    private func load(
        _ parameter: ParameterTensor, as precision: ParameterPrecision, to destination: UnsafeMutableRawBufferPointer
    ) throws(GGUFError) {
        let name = GGUFTensorName(parameter.name)
        guard let tensor = source(name) else {
            throw GGUFError(file: file.path, tensor: name.name, problem: .tensorMissing)
        }
        let expected = (name.expert == nil ? [] : [configuration.experts?.count ?? 0]) + parameter.shape
        // A matrix of one row is stored as a vector.
        guard tensor.shape == expected || [1] + tensor.shape == expected else {
            throw GGUFError(
                file: file.path, tensor: name.name, problem: .wrongShape(expected: expected, found: tensor.shape))
        }
        let rowCount = parameter.shape.dropLast().reduce(1, *)
        let first = (name.expert ?? 0) * rowCount
        file.load(tensor, rows: first..<first + rowCount, as: precision, to: destination, from: rowOrder(parameter))
    }

    /// The tensor of that name; for a tied embedding the better of its two quantisations.
    private func source(_ name: GGUFTensorName) -> GGUFFile.Tensor? {
        let tensor = file[name.name]
        guard name.name == "token_embd.weight", let tiedHead, let tensor else { return tensor }
        return tiedHead.type.bitsPerElement > tensor.type.bitsPerElement ? tiedHead : tensor
    }

    /// From the row of the checkpoint to the row of the file. Within each head llama.cpp puts row s·d/2 + j at 2·j + s.
    private func rowOrder(_ parameter: ParameterTensor) -> (Int) -> Int {
        let isRotated = parameter.name.contains("q_proj") || parameter.name.contains("k_proj")
        guard configuration.family.definition.ggufPermutesRotaryRows, isRotated else { return { $0 } }
        let dimension = configuration.headDimension
        let half = dimension / 2
        return { row in
            let (head, within) = (row / dimension, row % dimension)
            return head * dimension + within % half * 2 + within / half
        }
    }

    /// A tensor that is not computed with would make the result silently another than llama.cpp's.
    private func refuseUnexpected(_ layout: ParameterLayout) throws(GGUFError) {
        var known = Set(layout.tensors.map { GGUFTensorName($0.name).name })
        known.insert("rope_freqs.weight")
        if tiedHead != nil { known.insert("output.weight") }
        if let tensor = file.tensors.first(where: { !known.contains($0.name) }) {
            throw GGUFError(file: file.path, tensor: tensor.name, problem: .tensorUnexpected)
        }
    }

    /// Rows that are compared to tell a copy from a head of its own.
    private static let comparedRows = 1024

    /// The head, if it differs from the embedding by no more than the two ways to store one matrix do.
    private static func tiedHead(_ file: GGUFFile) -> GGUFFile.Tensor? {
        guard let head = file["output.weight"], let embedding = file["token_embd.weight"], head.shape.count == 2,
            head.shape == embedding.shape
        else { return nil }
        let (rowCount, columns) = (head.shape[0], head.shape[1])
        var (difference, norm) = (0.0, 0.0)
        var (left, right) = ([Float](repeating: 0, count: columns), [Float](repeating: 0, count: columns))
        for row in stride(from: 0, to: rowCount, by: max(1, rowCount / comparedRows)) {
            left.withUnsafeMutableBytes { file.load(head, rows: row..<row + 1, as: .fp32, to: $0) }
            right.withUnsafeMutableBytes { file.load(embedding, rows: row..<row + 1, as: .fp32, to: $0) }
            for (a, b) in zip(left, right) {
                difference += Double(a - b) * Double(a - b)
                norm += Double(b) * Double(b)
            }
        }
        let isExact = head.type == embedding.type && head.type.blockElements == 1
        let error = isExact ? 0 : head.type.relativeError + embedding.type.relativeError
        return difference <= error * error * norm ? head : nil
    }
}
