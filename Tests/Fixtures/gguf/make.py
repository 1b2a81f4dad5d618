# Blocks of every quantisation with their values, and tiny GGUF models with the weights transformers reads from them.
# python make.py   (gguf 0.19, transformers 5.24, torch 2.15, safetensors 0.7; needs ../tokenizer/*.json)
#
# blocks.safetensors: "<type>.blocks" U8, random bytes with scales of ordinary size; "<type>.values" F32, as gguf.quants
# dequantises them.
# <model>.gguf: written with gguf.GGUFWriter after llama.cpp's converter: its tensor names (gguf.get_tensor_name_map), stacked
# experts, and for llama the rows of query and key turned round. <model>.json: shape and SHA-256 (fp32, little endian) of
# each weight as transformers reads it from that file. tied.gguf: a tied model that has an output.weight all the same.
import hashlib
import json
import os

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from safetensors.numpy import save_file
from transformers import (
    AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen2MoeConfig, Qwen3Config, Qwen3MoeConfig)

HALVES = {  # byte offsets of the halves in a block
    Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208]}
PLAIN = {Q.F32: np.float32, Q.F16: np.float16}


def blocks():
    generator = np.random.default_rng(1)
    tensors = {}
    for kind, offsets in HALVES.items():
        _, size = gguf.GGML_QUANT_SIZES[kind]
        data = generator.integers(0, 256, (9, size), dtype=np.uint8)
        for offset in offsets:
            scales = generator.standard_normal(9).astype(np.float16)
            scales[0] = np.float16(6e-8)  # subnormal
            data[:, offset:offset + 2] = scales.view(np.uint8).reshape(9, 2)
        tensors[f"{kind.name}.blocks"] = data
        tensors[f"{kind.name}.values"] = gguf.dequantize(data, kind).astype(np.float32)
    for kind, dtype in PLAIN.items():
        values = generator.standard_normal(64).astype(dtype)
        tensors[f"{kind.name}.blocks"] = values.view(np.uint8)
        tensors[f"{kind.name}.values"] = values.astype(np.float32)
    values = gguf.quantize(generator.standard_normal((1, 64)).astype(np.float32), Q.BF16)
    tensors["BF16.blocks"] = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
    tensors["BF16.values"] = gguf.dequantize(values, Q.BF16).astype(np.float32).reshape(-1)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, "blocks.safetensors")


def permute(weights, heads):
    """Rows as llama.cpp's Llama wants them: the two halves of each head interleaved."""
    shape = weights.shape
    return weights.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


COMMON = dict(
    hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=256, rms_norm_eps=1e-5)
MODELS = {  # configuration, architecture, tokenizer with its name in GGUF, quantisation of each matrix in turn
    "llama": (
        LlamaConfig(**COMMON, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 50000.0}),
        gguf.MODEL_ARCH.LLAMA, ("smollm2", "smollm"), [Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0]),
    "qwen2": (
        Qwen2Config(**COMMON, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 1e6}), gguf.MODEL_ARCH.QWEN2,
        ("qwen2", "qwen2"), [Q.Q8_0]),
    "qwen2moe": (
        Qwen2MoeConfig(
            **COMMON, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, shared_expert_intermediate_size=96,
            norm_topk_prob=False, rope_parameters={"rope_type": "default", "rope_theta": 1e6}),
        gguf.MODEL_ARCH.QWEN2MOE, None, [Q.F16]),
    "qwen3": (
        Qwen3Config(**COMMON, head_dim=16, rope_parameters={"rope_type": "default", "rope_theta": 1e6}),
        gguf.MODEL_ARCH.QWEN3, ("gpt2", "gpt-2"), [Q.BF16]),
    "qwen3moe": (
        Qwen3MoeConfig(
            **COMMON, head_dim=16, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, norm_topk_prob=True,
            rope_parameters={"rope_type": "default", "rope_theta": 1e6}),
        gguf.MODEL_ARCH.QWEN3MOE, ("llama3", "llama-bpe"), [Q.Q4_0, Q.F32]),
}


def write_tokenizer(writer, name, pre):
    with open(f"../tokenizer/{name}.json") as file:
        document = json.load(file)
    added = {token["id"]: token for token in document["added_tokens"]}
    texts = {index: text for text, index in document["model"]["vocab"].items()}
    texts.update({index: token["content"] for index, token in added.items()})
    size = max(texts) + 1 + 3  # three rows that only fill up the embedding
    types = [
        gguf.TokenType.UNUSED if index not in texts else gguf.TokenType.NORMAL if index not in added
        else gguf.TokenType.CONTROL if added[index]["special"] else gguf.TokenType.USER_DEFINED for index in range(size)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([texts.get(index, f"[PAD{index}]") for index in range(size)])
    writer.add_token_types(types)
    writer.add_token_merges([" ".join(pair) for pair in document["model"]["merges"]])
    ids = {token["content"]: token["id"] for token in document["added_tokens"]}
    writer.add_bos_token_id(ids["<|im_start|>"])
    writer.add_eos_token_id(ids["<|im_end|>"])
    writer.add_pad_token_id(ids["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template("{% for message in messages %}{{ message.content }}{% endfor %}")
    return size


def make(name, config, architecture, tokenizer, kinds):
    writer = gguf.GGUFWriter(f"{name}.gguf", gguf.MODEL_ARCH_NAMES[architecture])
    config.vocab_size = write_tokenizer(writer, *tokenizer) if tokenizer else 96
    if not tokenizer:
        writer.add_vocab_size(96)
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3 + (1 if parameter.dim() == 1 else 0)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if hasattr(config, "head_dim") and name.startswith("qwen3"):
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    if "moe" in name:
        writer.add_expert_count(config.num_experts)
        writer.add_expert_used_count(config.num_experts_per_tok)
        writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    if name == "qwen2moe":
        writer.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)

    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    tensors = {}
    for key, value in model.state_dict().items():
        value = value.numpy()
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        if key.endswith("gate_up_proj"):
            gate, up = np.split(value, 2, axis=1)
            prefix = key.removesuffix("gate_up_proj")
            tensors[prefix + "gate_proj.weight"], tensors[prefix + "up_proj.weight"] = gate, up
        elif key.endswith("experts.down_proj"):
            tensors[key + ".weight"] = value
        elif name == "llama" and ".q_proj." in key:
            tensors[key] = permute(value, config.num_attention_heads)
        elif name == "llama" and ".k_proj." in key:
            tensors[key] = permute(value, config.num_key_value_heads)
        elif key.endswith("shared_expert_gate.weight"):
            tensors[key] = value.reshape(-1)
        else:
            tensors[key] = value
    matrices = 0
    for key, value in tensors.items():
        kind = Q.F32
        if value.ndim > 1 and not key.endswith("mlp.gate.weight"):
            kind = kinds[matrices % len(kinds)]
            matrices += 1
        new_name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        assert new_name, key
        writer.add_tensor(new_name, gguf.quantize(np.ascontiguousarray(value), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    # The configuration is given: transformers leaves the sizes of experts at its defaults.
    loaded = AutoModelForCausalLM.from_pretrained(
        ".", config=config, gguf_file=f"{name}.gguf", dtype=torch.float32)
    state = loaded.state_dict()
    if config.tie_word_embeddings:
        state.pop("lm_head.weight")
    golden = {
        key: {"shape": list(value.shape), "sha256": hashlib.sha256(value.contiguous().numpy().tobytes()).hexdigest()}
        for key, value in state.items()}
    with open(f"{name}.json", "w") as file:
        json.dump(golden, file, indent=1)


def tied():
    """A tied model whose head is a second, better quantisation of the embedding."""
    config = LlamaConfig(**COMMON | {"num_hidden_layers": 1}, vocab_size=64)
    writer = gguf.GGUFWriter("tied.gguf", "llama")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    torch.manual_seed(4)
    model = AutoModelForCausalLM.from_config(config)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 1)
    for key, value in model.state_dict().items():
        if key == "lm_head.weight":
            continue
        kind = Q.F32 if value.dim() == 1 else Q.Q4_0
        data = gguf.quantize(value.numpy(), kind)
        writer.add_tensor(names.get_name(key, try_suffixes=(".weight",)), data, raw_dtype=kind)
    embedding = model.state_dict()["model.embed_tokens.weight"].numpy()
    better = gguf.quantize(embedding, Q.Q8_0)
    writer.add_tensor("output.weight", better, raw_dtype=Q.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    values = gguf.dequantize(better, Q.Q8_0).astype(np.float32)
    with open("tied.json", "w") as file:
        json.dump({"model.embed_tokens.weight": {
            "shape": [64, 32], "sha256": hashlib.sha256(values.tobytes()).hexdigest()}}, file, indent=1)


os.chdir(os.path.dirname(os.path.abspath(__file__)))
blocks()
for name, arguments in MODELS.items():
    make(name, *arguments)
tied()
