import Model
import Testing

@Suite struct ParameterLayoutTests {
    @Test(arguments: Fixtures.models)
    func holdsExactlyTheTensorsOfTheCheckpoint(_ name: String) throws {
        let directory = Fixtures.root + "/" + name
        let layout = ParameterLayout(try ModelDirectory.loadConfiguration(path: directory))
        let file = try SafetensorsFile(path: directory + "/model.safetensors")
        #expect(Set(layout.tensors.map(\.name)) == Set(file.tensors.map(\.name)))
        #expect(layout.tensors.count == file.tensors.count)
        var offset = 0
        for tensor in layout.tensors {
            #expect(tensor.shape == file[tensor.name]?.shape)
            #expect(tensor.offset == offset)
            #expect(layout[tensor.name] == tensor)
            offset += tensor.count
        }
        #expect(layout.elementCount == offset)
        #expect(layout["model.layers.99.input_layernorm.weight"] == nil)
    }

    @Test func accessorsPointAtTheNamedTensors() throws {
        let layout = ParameterLayout(try ModelDirectory.loadConfiguration(path: Fixtures.root + "/qwen2_moe_mixed"))
        #expect(layout.tensors.first == layout.embedding)
        #expect(layout.layer(2).queryProjection.weight == layout["model.layers.2.self_attn.q_proj.weight"])
        #expect(layout.layer(2).valueProjection.bias == layout["model.layers.2.self_attn.v_proj.bias"])
        guard case .sparse(let sparse) = layout.layer(2).feedForward,
            case .dense(let dense) = layout.layer(1).feedForward
        else {
            Issue.record("layer 1 is dense and layer 2 sparse")
            return
        }
        #expect(sparse.experts[7].down == layout["model.layers.2.mlp.experts.7.down_proj.weight"])
        #expect(sparse.shared?.gate == layout["model.layers.2.mlp.shared_expert_gate.weight"])
        #expect(dense.up == layout["model.layers.1.mlp.up_proj.weight"])
        #expect(layout.languageModelHead == layout["lm_head.weight"])
    }

    @Test func tiedHeadIsTheEmbedding() throws {
        let layout = ParameterLayout(try ModelDirectory.loadConfiguration(path: Fixtures.root + "/qwen3_dense"))
        #expect(layout.languageModelHead == layout.embedding)
        #expect(layout.layer(0).queryNorm == layout["model.layers.0.self_attn.q_norm.weight"])
        #expect(layout.layer(0).queryNorm != nil)
    }
}
