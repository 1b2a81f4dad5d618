"""PyTorch and transformers on the CPU: training, log-probabilities, generation.

usage: pytorch.py make-moe DIR                              a tiny Qwen3-MoE of random weights
       pytorch.py learner DIR --sequences 8 --length 128    {"training": tokens/s, "logprobs": tokens/s}
       pytorch.py generate DIR --batches 8,16,32 --prompt 16 --new 64      {"batch": tokens/s, …}

--threads N (default 2), --type fp32|bf16 (bf16: autocast around fp32 weights). The caller sets the allocator's environment
(see peers.sh). Each measurement is preceded by one that is not timed.
"""

import argparse
import contextlib
import json
import time

import torch
import transformers


def make_moe(directory):
    torch.manual_seed(1)
    configuration = transformers.Qwen3MoeConfig(
        vocab_size=512, hidden_size=256, intermediate_size=512, moe_intermediate_size=128, num_hidden_layers=6,
        num_attention_heads=8, num_key_value_heads=2, head_dim=32, num_experts=16, num_experts_per_tok=4,
        norm_topk_prob=True, max_position_embeddings=1024, tie_word_embeddings=False, bos_token_id=None,
        eos_token_id=None)
    transformers.Qwen3MoeForCausalLM(configuration).to(torch.bfloat16).save_pretrained(directory)


def load(directory):
    return transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)


def seconds(body):
    body()
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


def arithmetic_of(kind):
    return torch.autocast("cpu", torch.bfloat16) if kind == "bf16" else contextlib.nullcontext()


def learner(directory, sequences, length, kind):
    model = load(directory)
    generator = torch.Generator().manual_seed(2)
    tokens = torch.randint(0, model.config.vocab_size, (sequences, length), generator=generator)

    def log_probabilities():
        with arithmetic_of(kind):
            logits = model(input_ids=tokens, use_cache=False).logits
        chosen = logits[:, :-1].float().log_softmax(-1).gather(-1, tokens[:, 1:, None])
        return chosen.squeeze(-1)

    def forward():
        with torch.inference_mode():
            log_probabilities()

    def train():
        model.zero_grad(set_to_none=True)
        (-log_probabilities().mean()).backward()

    count = sequences * length
    print(json.dumps({"logprobs": count / seconds(forward), "training": count / seconds(train)}))


def generate(directory, batches, prompt, new, kind):
    model = load(directory)
    model.generation_config.eos_token_id = None
    rates = {}
    for batch in batches:
        generator = torch.Generator().manual_seed(batch)
        tokens = torch.randint(0, model.config.vocab_size, (batch, prompt), generator=generator)

        def sample():
            with torch.inference_mode(), arithmetic_of(kind):
                model.generate(
                    tokens, attention_mask=torch.ones_like(tokens), do_sample=True, temperature=1.0, top_k=0,
                    min_new_tokens=new, max_new_tokens=new, pad_token_id=0)

        rates[str(batch)] = batch * new / seconds(sample)
    print(json.dumps(rates))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["make-moe", "learner", "generate"])
    parser.add_argument("directory")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--type", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--batches", default="8,16,32")
    parser.add_argument("--prompt", type=int, default=16)
    parser.add_argument("--new", type=int, default=64)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    if options.command == "make-moe":
        make_moe(options.directory)
    elif options.command == "learner":
        learner(options.directory, options.sequences, options.length, options.type)
    else:
        batches = [int(batch) for batch in options.batches.split(",")]
        generate(options.directory, batches, options.prompt, options.new, options.type)


if __name__ == "__main__":
    main()
