"""Compares a model directory as transformers loads it with what the apus executable computes from it.

usage: check.py DIR APUS NAME    (exit code 1 on a difference)
"""
import json
import os
import subprocess
import sys
import tempfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

TOLERANCE = 2e-4  # nats; fp32 on both sides
TEXTS = [
    "Hello, world!", "x = [1, 22, 333]\n\tif x:\n\n    pass", "Größe, naïve café, e\u0301", "日本語と中文 한국어", "👩‍👩‍👧 done  ",
    "I'll we're THEY'D 1234567.89", "<|im_start|>user\nhi<|im_end|>\n", "  leading and trailing  "]


def apus(*arguments):
    subprocess.run([executable, *arguments], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


directory, executable, name = sys.argv[1:]
logging.set_verbosity_error()
logging.disable_progress_bar()
model, loading = AutoModelForCausalLM.from_pretrained(
    directory, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
problems = [f"{kind}: {sorted(loading[kind])}" for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") if loading[kind]]
model.eval()
if model.generation_config.eos_token_id is None and model.config.eos_token_id is not None:
    problems.append("generation_config.json has no eos_token_id")

generator = torch.Generator().manual_seed(11)
sequences = [torch.randint(0, model.config.vocab_size, (length,), generator=generator) for length in (2, 17, 40)]
with tempfile.TemporaryDirectory() as scratch, torch.no_grad():
    tokens, output = os.path.join(scratch, "tokens.json"), os.path.join(scratch, "logprobs.json")
    with open(tokens, "w") as file:
        json.dump({"sequences": [sequence.tolist() for sequence in sequences]}, file)
    apus("logprobs", "--model", directory, "--tokens", tokens, "--out", output)
    with open(output) as file:
        found = json.load(file)["logprobs"]
    gap = 0.0
    for sequence, ours in zip(sequences, found):
        theirs = torch.log_softmax(model(sequence[None]).logits[0, :-1].double(), -1).gather(1, sequence[1:, None])[:, 0]
        gap = max(gap, (theirs - torch.tensor(ours, dtype=torch.float64)).abs().max().item())
    if not gap <= TOLERANCE:
        problems.append(f"log-probabilities differ by up to {gap:.2e}")

    prompt = sequences[1][:8]
    arguments = ["generate", "--model", directory, "--prompt-tokens", ",".join(map(str, prompt.tolist()))]
    arguments += ["--max-tokens", "16", "--temperature", "0", "--json"]
    ours = json.loads(subprocess.run([executable, *arguments], check=True, capture_output=True, text=True).stdout)["tokens"]
    theirs = model.generate(prompt[None], max_new_tokens=16, do_sample=False)[0, 8:].tolist()
    if ours != theirs:
        problems.append(f"greedy continuation {ours}, transformers {theirs}")

    texts = 0
    if os.path.exists(os.path.join(directory, "tokenizer.json")):
        tokenizer = AutoTokenizer.from_pretrained(directory)
        lines, ids = os.path.join(scratch, "texts.jsonl"), os.path.join(scratch, "ids.jsonl")
        with open(lines, "w") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in TEXTS)
        apus("tokenize", "--model", directory, "--in", lines, "--out", ids)
        with open(ids) as file:
            for text, line in zip(TEXTS, file):
                texts += 1
                expected = tokenizer(text, add_special_tokens=False).input_ids
                if json.loads(line)["ids"] != expected:
                    problems.append(f"ids of {text!r}: {json.loads(line)['ids']}, transformers {expected}")

print(f"{name}: log-probabilities within {gap:.1e} nats, {texts} texts; " + ("; ".join(problems) or "the same"))
sys.exit(1 if problems else 0)
