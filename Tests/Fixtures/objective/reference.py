"""Values and gradients of every objective, correction, mask and regulariser, from their papers, by PyTorch's autograd.

usage: reference.py > reference.json      (torch in float64; knows nothing of Apus)

Each formula is written down once more, on one sequence at a time, with stopped gradients as `.detach()`. Inputs are
random float32 numbers: sequences of length 1 to long, masked in part or wholly, sampled by policies hardly apart, apart,
and far apart. A case is an objective with options (named as in configurations), the weights on its terms and a penalty.
"""
import json
import math
import sys

import numpy
import torch

torch.set_default_dtype(torch.float64)
LENGTHS = [1, 2, 3, 8, 1, 17, 5, 40]
BUDGET = 48


def make_batch(seed, drift):
    random = numpy.random.default_rng(seed)
    single = lambda values: numpy.asarray(values, dtype=numpy.float32)
    count = sum(LENGTHS)
    old = single(random.uniform(-6, -0.01, count))
    common = numpy.repeat(random.uniform(-drift, drift, len(LENGTHS)), LENGTHS)
    theta = single(old + common + random.uniform(-drift, drift, count))
    sampler = single(old + random.uniform(-drift, drift, count))
    mask = random.integers(0, 5, count) > 0
    mask[0] = True
    mask[sum(LENGTHS[:6]):sum(LENGTHS[:7])] = False      # one sequence is not trained at all
    advantages = single(random.uniform(-2, 2, len(LENGTHS)))
    advantages[4] = 0
    return {
        "offsets": [0, *numpy.cumsum(LENGTHS).tolist()],
        "logProbabilities": theta, "oldLogProbabilities": old, "samplerLogProbabilities": sampler,
        "referenceLogProbabilities": single(old + random.uniform(-0.5, 0.5, count)),
        "entropies": single(random.uniform(0, 4, count)),
        "mask": mask, "advantages": advantages, "tokenStaleness": random.integers(0, 4, count),
    }


class Batch:
    """The trained tokens of each sequence, as tensors; theta and the entropies are leaves."""

    def __init__(self, batch):
        self.theta = torch.tensor(batch["logProbabilities"], dtype=torch.float64, requires_grad=True)
        self.entropy = torch.tensor(batch["entropies"], dtype=torch.float64, requires_grad=True)
        flat = {name: torch.tensor(batch[name], dtype=torch.float64)
                for name in ("oldLogProbabilities", "samplerLogProbabilities", "referenceLogProbabilities",
                             "tokenStaleness")}
        self.sequences = []
        for index in range(len(LENGTHS)):
            tokens = [t for t in range(batch["offsets"][index], batch["offsets"][index + 1]) if batch["mask"][t]]
            if not tokens:
                continue
            self.sequences.append({
                "tokens": tokens, "theta": self.theta[tokens], "entropy": self.entropy[tokens],
                "old": flat["oldLogProbabilities"][tokens], "mu": flat["samplerLogProbabilities"][tokens],
                "reference": flat["referenceLogProbabilities"][tokens], "staleness": flat["tokenStaleness"][tokens],
                "A": float(batch["advantages"][index])})
        self.trained = sum(len(s["tokens"]) for s in self.sequences)


def clipped(ratio, advantage, low, high):
    return torch.minimum(ratio * advantage, torch.clamp(ratio, 1 - low, 1 + high) * advantage)


def masked(ratio, advantage, low, high):
    """1 where PPO's clip leaves a gradient, else 0."""
    drop = (ratio > 1 + high) if advantage > 0 else (ratio < 1 - low) if advantage < 0 else torch.zeros_like(ratio) > 0
    return (~drop).double()


# Each gives the terms of J of a sequence's tokens; how they are averaged comes after.
def grpo(s, o, low=0.2, high=0.2):
    return clipped(torch.exp(s["theta"] - s["old"]), s["A"], o.get("clip_low", low), o.get("clip_high", high))


def dapo(s, o):
    return grpo(s, o, 0.2, 0.28)


def gspo(s, o):
    ratio = torch.exp((s["theta"] - s["old"]).mean())
    return clipped(ratio, s["A"], o.get("clip_low", 3e-4), o.get("clip_high", 4e-4)).expand(len(s["tokens"]))


def gspo_token(s, o):
    ratio = torch.exp((s["theta"] - s["old"]).mean()).detach() * torch.exp(s["theta"] - s["theta"].detach())
    return clipped(ratio, s["A"], o.get("clip_low", 3e-4), o.get("clip_high", 4e-4))


def cispo(s, o):
    weight = torch.clamp(torch.exp(s["theta"] - s["old"]), max=1 + o.get("clip_high", 4)).detach()
    return weight * s["A"] * s["theta"]


def sapo(s, o):
    tau = o.get("temperature_positive", 1.0) if s["A"] > 0 else o.get("temperature_negative", 1.05)
    return torch.sigmoid(tau * (torch.exp(s["theta"] - s["old"]) - 1)) * 4 / tau * s["A"]


def gmpo(s, o):
    logs, sign = s["theta"] - s["old"], numpy.sign(s["A"])
    bounded = torch.clamp(logs, -o.get("clip_low", 0.4), o.get("clip_high", 0.4))
    if sign:
        logs = sign * torch.minimum(sign * logs, sign * bounded)
    return (s["A"] * torch.exp(logs.mean())).expand(len(s["tokens"]))


def mini_rl(s, o):
    keep = masked(torch.exp(s["theta"] - s["old"]), s["A"], o.get("clip_low", 0.2), o.get("clip_high", 0.27))
    weight = torch.clamp(torch.exp(s["theta"] - s["mu"]), max=o.get("maximum_weight", 5))
    return (keep * weight).detach() * s["A"] * s["theta"]


def reinforce(s, o):
    return s["A"] * s["theta"]


def decoupled_ppo(s, o):
    prox = s["old"]
    if o.get("proximal_policy") == "log-linear":
        alpha = 1 / torch.clamp(s["staleness"], min=1)
        prox = (alpha * s["mu"] + (1 - alpha) * s["theta"]).detach()
    weight = torch.clamp(torch.exp(prox - s["mu"]), max=o.get("maximum_weight", math.inf))
    ratio = torch.exp(s["theta"] - prox)
    return weight * clipped(ratio, s["A"], o.get("clip_low", 0.2), o.get("clip_high", 0.2))


OBJECTIVES = {
    "gspo": (gspo, "sequence-mean"), "gspo-token": (gspo_token, "sequence-mean"), "grpo": (grpo, "sequence-mean"),
    "dr-grpo": (grpo, BUDGET), "dapo": (dapo, "token-mean"), "cispo": (cispo, "token-mean"),
    "sapo": (sapo, "sequence-mean"), "gmpo": (gmpo, "sequence-mean"), "mini-rl": (mini_rl, 1),
    "reinforce": (reinforce, 1), "decoupled-ppo": (decoupled_ppo, "token-mean"),
}


def aggregate(batch, terms, how):
    """`how`: a name, or the constant that token sums are divided by."""
    if how == "sequence-mean":
        return sum(t.mean() for t in terms) / len(terms)
    if how == "token-mean":
        return sum(t.sum() for t in terms) / batch.trained
    return sum(t.sum() for t in terms) / how / len(terms)


def weights(batch, options):
    """The constant weights of each sequence's tokens, all denominators being those without them."""
    result = []
    for s in batch.sequences:
        k, weight = torch.exp(s["old"] - s["mu"]), torch.ones(len(s["tokens"]))
        if "tis" in options:
            weight = torch.clamp(k, max=options["tis"])
        if "icepop" in options:
            low, high = options["icepop"]
            weight = torch.where((k >= low) & (k <= high), k, torch.zeros_like(k))
        if "geometric_mask" in options:
            low, high = options["geometric_mask"]
            weight = weight * float(low <= torch.exp((s["old"] - s["mu"]).mean()) <= high)
        if "off_policy_mask" in options:
            far = (s["mu"] - s["theta"]).mean() > options["off_policy_mask"]
            weight = weight * (0.0 if s["A"] < 0 and far else 1.0)
        result.append(weight.detach())
    if "entropy_mask" in options:
        fraction, end = options["entropy_mask"]
        pooled = torch.cat([s["entropy"] for s in batch.sequences]).detach()
        kept = math.ceil(fraction * len(pooled))
        chosen = torch.topk(pooled, kept, largest=end == "top").indices
        keep = torch.zeros(len(pooled))
        keep[chosen] = len(pooled) / kept
        result = [w * part for w, part in zip(result, torch.split(keep, [len(w) for w in result]))]
    return result


def evaluate(raw, case):
    batch, options = Batch(raw), case["options"]
    name = case["objective"]
    weighting = case.get("weighting", {})
    # With token weights the sequence-level objective is its token form (arXiv 2507.18071, section 4.3).
    terms, how = OBJECTIVES["gspo-token" if name == "gspo" and weighting else name]
    if "aggregation" in options:
        how = options["aggregation"]
        if how == "constant":
            how = options.get("aggregation_tokens", BUDGET)
    values = [terms(s, options) for s in batch.sequences]
    weighted = [v * w for v, w in zip(values, weights(batch, weighting))]
    loss = -aggregate(batch, weighted, how)
    if "reference_kl" in case:
        logs = [s["reference"] - s["theta"] for s in batch.sequences]
        loss = loss + case["reference_kl"] * aggregate(batch, [torch.exp(q) - q - 1 for q in logs], how)
    if "entropy_bonus" in case:
        loss = loss - case["entropy_bonus"] * aggregate(batch, [s["entropy"] for s in batch.sequences], how)
    loss.backward()
    digits = lambda tensor: [float(f"{value:.10g}") for value in (tensor.tolist() if tensor is not None else [])]
    result = {"loss": loss.item(), "gradient": digits(batch.theta.grad)}
    if "entropy_bonus" in case:
        result["entropyGradient"] = digits(batch.entropy.grad)
    return result


def case(objective, options=None, **rest):
    return {"objective": objective, "options": options or {}, **rest}


CASES = [case(name) for name in OBJECTIVES] + [
    case("gspo", {"clip_low": 0.05, "clip_high": 0.1}),
    case("gspo-token", {"clip_low": 0.05, "clip_high": 0.1, "aggregation": "token-mean"}),
    case("grpo", {"clip_low": 0.1, "clip_high": 0.3, "aggregation": "token-mean"}),
    case("dapo", {"aggregation": "constant"}),
    case("dr-grpo", {"aggregation": "constant", "aggregation_tokens": 7}),
    case("mini-rl", {"maximum_weight": 1.2, "aggregation": "sequence-mean"}),
    case("cispo", {"clip_high": 0.3}),
    case("sapo", {"temperature_positive": 2.0, "temperature_negative": 3.0}),
    case("gmpo", {"clip_low": 0.1, "clip_high": 0.2}),
    case("decoupled-ppo", {"maximum_weight": 1.1}),
    case("decoupled-ppo", {"proximal_policy": "log-linear"}),
    case("grpo", weighting={"tis": 1.1}),
    case("gspo", weighting={"icepop": [0.8, 1.25]}),
    case("reinforce", weighting={"icepop": [0.5, 5]}),
    case("grpo", weighting={"geometric_mask": [0.95, 1.05]}),
    case("gspo", weighting={"off_policy_mask": 0.05}),
    case("dapo", weighting={"entropy_mask": [0.2, "top"]}),
    case("gspo", weighting={"entropy_mask": [0.2, "top"], "tis": 2}),
    case("dapo", weighting={"entropy_mask": [0.8, "bottom"]}),
    case("grpo", reference_kl=0.1),
    case("dapo", reference_kl=0.04, entropy_bonus=0.01),
    case("grpo", entropy_bonus=0.5),
]

batches = [make_batch(seed, drift) for seed, drift in ((1, 2e-4), (2, 0.1), (3, 0.6))]
plain = lambda value: value.tolist() if isinstance(value, numpy.ndarray) else value
shortest = lambda values: [float(str(v)) for v in values]
json.dump({
    "generationBudget": BUDGET,
    "batches": [{k: shortest(v) if getattr(v, "dtype", None) == numpy.float32 else plain(v) for k, v in batch.items()}
                for batch in batches],
    "cases": [{**c, "results": [evaluate(batch, c) for batch in batches]} for c in CASES],
}, sys.stdout, separators=(",", ":"))
print()
