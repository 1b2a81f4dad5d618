import Tensor

/// Memory for keys and values in blocks of 16 positions. Role: the cache of a generation engine (all layers), or the working
/// memory of a learner pass (one layer at a time). Owner: that engine or pass, which also decides who uses which block.
///
/// Layout [layers][blocks][key | value]; key block [kv heads][head dimension][16], value block [kv heads][16][head dimension].
package final class KeyValuePool {
    package let layers: Int
    package let blocks: Int
    /// Floats of one key block, and of one value block.
    private let blockFloats: Int
    private let memory: FloatBuffer

    package init(configuration: ModelConfiguration, layers: Int, blocks: Int) {
        self.layers = layers
        self.blocks = blocks
        blockFloats = configuration.keyValueSize * RowPlan.blockPositions
        memory = FloatBuffer(count: layers * blocks * 2 * blockFloats)
    }

    /// Bytes that one block takes in all of `layers`.
    package static func bytesPerBlock(configuration: ModelConfiguration, layers: Int) -> Int {
        layers * 2 * configuration.keyValueSize * RowPlan.blockPositions * MemoryLayout<Float>.stride
    }

    func keys(layer: Int, block: Int32) -> UnsafeMutablePointer<Float> {
        memory.pointer + (layer * blocks + Int(block)) * 2 * blockFloats
    }

    func values(layer: Int, block: Int32) -> UnsafeMutablePointer<Float> {
        keys(layer: layer, block: block) + blockFloats
    }

    /// Copies keys and values of all layers from one block to another.
    package func copyBlock(_ source: Int32, to destination: Int32) {
        for layer in 0..<layers {
            keys(layer: layer, block: destination).update(
                from: keys(layer: layer, block: source), count: 2 * blockFloats)
        }
    }
}
