# Rotary frequencies as transformers computes them. python make.py > golden.json  (torch 2.15, transformers 5.23)
import json
import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

cases = {
    "linear": dict(rope_type="linear", rope_theta=10000.0, factor=4.0),
    "yarn": dict(rope_type="yarn", rope_theta=1000000.0, factor=4.0, original_max_position_embeddings=32768),
    "yarn_options": dict(
        rope_type="yarn", rope_theta=10000.0, factor=16.0, original_max_position_embeddings=4096, beta_fast=24.0,
        beta_slow=2.0, attention_factor=1.25, truncate=False),
    "llama3": dict(
        rope_type="llama3", rope_theta=500000.0, factor=32.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=8192),
}
out = {}
for name, parameters in cases.items():
    config = LlamaConfig(
        hidden_size=256, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=1, intermediate_size=64,
        vocab_size=64, head_dim=64, max_position_embeddings=131072, rope_parameters=dict(parameters))
    frequencies, factor = ROPE_INIT_FUNCTIONS[parameters["rope_type"]](config, torch.device("cpu"))
    out[name] = dict(
        rope_parameters=parameters, inverse_frequencies=[float(x) for x in frequencies], attention_factor=float(factor))
print(json.dumps(out, indent=1))
