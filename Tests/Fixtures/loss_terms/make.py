"""Gradients of the loss terms beside log-probabilities, by PyTorch and transformers in float64.

usage: make.py ../qwen3_moe      (writes golden.json and gradients.safetensors beside this script)

On the three sequences of the fixture, over every position that is fed (all but the last token of each):
  entropy  -mean over positions of the entropy of softmax(logits / 1.25)
  balance  1/L sum over layers of E sum_e f_e P_e: f_e the share of the top-k choices that fell on expert e (constant),
           P_e the mean of its router probability
Only some tensors are kept: head, final norm, the routers, and a projection and a norm of the first layer.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, Qwen3MoeForCausalLM

TEMPERATURE = 1.25
KEPT = ["lm_head.weight", "model.norm.weight", "model.layers.0.mlp.gate.weight", "model.layers.1.mlp.gate.weight",
        "model.layers.0.self_attn.q_proj.weight", "model.layers.0.input_layernorm.weight"]

fixture, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
inputs = json.loads((fixture / "inputs.json").read_text())
model = Qwen3MoeForCausalLM.from_pretrained(fixture, dtype=torch.float64, attn_implementation="eager",
                                           experts_implementation="eager").eval()
config = AutoConfig.from_pretrained(fixture)
ids = torch.tensor(inputs["input_ids"])
fed = torch.zeros(ids.shape, dtype=torch.bool)
for row, length in enumerate(inputs["lengths"]):
    fed[row, :length - 1] = True

router_logits = []
for layer in model.model.layers:
    layer.mlp.gate.register_forward_pre_hook(
        lambda gate, arguments: router_logits.append(arguments[0].reshape(-1, config.hidden_size) @ gate.weight.T))


def entropy(logits):
    log_p = torch.log_softmax(logits / TEMPERATURE, -1)[fed]
    return (log_p.exp() * log_p).sum(-1).mean()


def balance(_):
    total = 0
    for logits in router_logits:
        p = torch.softmax(logits, -1)[fed.flatten()]
        chosen = torch.topk(p, config.num_experts_per_tok, -1).indices.flatten()
        f = torch.bincount(chosen, minlength=config.num_experts) / len(chosen)
        total = total + config.num_experts * (f.detach() * p.mean(0)).sum()
    return total / len(router_logits)


golden, gradients = {"temperature": TEMPERATURE}, {}
for name, term in (("entropy", entropy), ("balance", balance)):
    model.zero_grad()
    router_logits.clear()
    loss = term(model(input_ids=ids, attention_mask=torch.tensor(inputs["attention_mask"]), use_cache=False).logits)
    loss.backward()
    golden[name] = loss.item()
    parameters = dict(model.named_parameters())
    for tensor in KEPT:
        if parameters[tensor].grad is not None and parameters[tensor].grad.abs().max() > 0:
            gradients[f"{name}/{tensor}"] = parameters[tensor].grad.float().contiguous()
save_file(gradients, here / "gradients.safetensors")
(here / "golden.json").write_text(json.dumps(golden) + "\n")
