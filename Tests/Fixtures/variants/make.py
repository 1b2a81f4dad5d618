# Models of shapes and options that the other golden models do not have, computed by transformers.
# python make.py   (transformers 5.24, torch 2.15; fp32, eager attention, CPU)
#
# No weights are stored: element i of a tensor is ((splitmix64(fnv1a(name) + i) >> 40) / 2^23 − 1) · 2^−2, exactly, plus 1 in a
# norm (rounded to fp32); names are the checkpoint's, experts one by one. <variant>/config.json as transformers writes it;
# <variant>/golden.json: token sequences, log-probabilities of each next token, the mean NLL over all of them, and of the
# gradient of each tensor its norm and its scalar product with the vector whose element i is splitmix64(i) in the same way.
import json
import os

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen2MoeConfig, Qwen3Config, Qwen3MoeConfig)


def default(theta):
    return {"rope_type": "default", "rope_theta": theta}


def yarn(theta, **options):
    return {"rope_type": "yarn", "rope_theta": theta, "factor": 4.0, "original_max_position_embeddings": 16} | options


VARIANTS = {
    # Head dimension ≠ hidden / heads, one key/value head, odd vocabulary, tied.
    "qwen3_one_kv_head": Qwen3Config(
        vocab_size=101, hidden_size=40, intermediate_size=56, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=1, head_dim=24, tie_word_embeddings=True, rope_parameters=default(1e6)),
    "qwen3_yarn": Qwen3Config(
        vocab_size=77, hidden_size=32, intermediate_size=33, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=3, head_dim=16, rope_parameters=yarn(1e4)),
    # One expert per token; dense layers among sparse ones by both settings.
    "qwen3_moe_top1_mixed": Qwen3MoeConfig(
        vocab_size=131, hidden_size=32, intermediate_size=44, num_hidden_layers=6, num_attention_heads=4,
        num_key_value_heads=2, head_dim=10, num_experts=5, num_experts_per_tok=1, moe_intermediate_size=12,
        norm_topk_prob=True, decoder_sparse_step=2, mlp_only_layers=[3], rope_parameters=default(1e6)),
    # All experts for every token.
    "qwen3_moe_all_experts": Qwen3MoeConfig(
        vocab_size=64, hidden_size=24, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=32, num_experts=3, num_experts_per_tok=3, moe_intermediate_size=17,
        norm_topk_prob=False, tie_word_embeddings=True, rope_parameters=default(1e4)),
    "qwen2_moe_without_bias": Qwen2MoeConfig(
        vocab_size=99, hidden_size=28, intermediate_size=40, num_hidden_layers=4, num_attention_heads=2,
        num_key_value_heads=1, num_experts=4, num_experts_per_tok=1, moe_intermediate_size=9, qkv_bias=False,
        shared_expert_intermediate_size=31, norm_topk_prob=True, decoder_sparse_step=2, rope_parameters=default(1e4)),
    "qwen2_tied_yarn": Qwen2Config(
        vocab_size=111, hidden_size=36, intermediate_size=50, num_hidden_layers=2, num_attention_heads=6,
        num_key_value_heads=1, tie_word_embeddings=True, rope_parameters=yarn(1e6, beta_fast=16.0, attention_factor=1.1)),
    "llama_llama3": LlamaConfig(
        vocab_size=89, hidden_size=30, intermediate_size=41, num_hidden_layers=2, num_attention_heads=5,
        num_key_value_heads=1, head_dim=14, rope_parameters=default(5e5) | {
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 16}),
    "llama_tied_linear": LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, tie_word_embeddings=True,
        rope_parameters=default(1e4) | {"rope_type": "linear", "factor": 2.0}),
}


def splitmix64(values):
    z = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def vector(start, count):
    indices = np.arange(count, dtype=np.uint64) + np.uint64(start)
    return ((splitmix64(indices) >> np.uint64(40)).astype(np.float32) / 2**23 - 1) / 4


def weights(name, shape):
    values = vector(fnv1a(name), int(np.prod(shape))).reshape(shape)
    return np.float32(1) + values if "norm" in name else values


def parts(name, shape):
    """Checkpoint names of a parameter of transformers, with the index of each in it."""
    if not name.endswith(("gate_up_proj", "down_proj")):
        return [(name, ...)]
    prefix, kind = name.rsplit(".", 1)
    if kind == "down_proj":
        return [(f"{prefix}.{expert}.down_proj.weight", expert) for expert in range(shape[0])]
    half = shape[1] // 2
    return [
        (f"{prefix}.{expert}.{half_name}.weight", (expert, rows)) for expert in range(shape[0])
        for half_name, rows in (("gate_proj", slice(0, half)), ("up_proj", slice(half, None)))]


def make(name, config):
    config.max_position_embeddings = 64
    model = AutoModelForCausalLM.from_config(
        config, attn_implementation="eager", experts_implementation="eager").float()
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for key, parameter in parameters.items():
            for part, index in parts(key, parameter.shape):
                parameter[index] = torch.from_numpy(weights(part, tuple(parameter[index].shape)))
    generator = np.random.default_rng(len(name))
    sequences = [generator.integers(0, config.vocab_size, length).tolist() for length in (2, 17, 40)]
    logprobs = []
    for sequence in sequences:
        ids = torch.tensor([sequence])
        predicted = torch.log_softmax(model(ids).logits[0, :-1], -1)
        logprobs.append(predicted.gather(1, ids[0, 1:, None])[:, 0])
    loss = -torch.cat(logprobs).mean()
    loss.backward()
    gradients = {}
    for key, parameter in parameters.items():
        for part, index in parts(key, parameter.shape):
            gradient = parameter.grad[index].double().reshape(-1).numpy()
            gradients[part] = [float(np.linalg.norm(gradient)), float(gradient @ vector(0, gradient.size).astype(np.float64))]
    os.makedirs(name, exist_ok=True)
    config.save_pretrained(name)
    golden = {
        "sequences": sequences, "logprobs": [values.detach().double().tolist() for values in logprobs],
        "nll": loss.item(), "gradients": gradients}
    with open(f"{name}/golden.json", "w") as file:
        json.dump(golden, file, indent=None, separators=(",", ":"))


os.chdir(os.path.dirname(os.path.abspath(__file__)))
for name, config in VARIANTS.items():
    make(name, config)
