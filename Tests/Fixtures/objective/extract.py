"""Copies what the objectives' tests need out of the golden values of ../shared/fixtures (see its README.md).

usage: extract.py FIXTURES_DIRECTORY > golden.json

Per model: log-probabilities under pi_theta and pi_old and the trained tokens as [3][23], advantages [3], and per
objective the clip range, the loss, and (GSPO) the sequence ratios. All were computed by torch in float32.
"""
import json
import pathlib
import sys

import numpy

golden = []
for directory in sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir()):
    inputs = json.loads((directory / "inputs.json").read_text())
    arrays = {name: numpy.load(directory / f"{name}.npy").tolist()
              for name in ("logprobs", "old_logprobs", "completion_mask")}
    golden.append({
        "model": directory.name,
        "logProbabilities": arrays["logprobs"],
        "oldLogProbabilities": arrays["old_logprobs"],
        "mask": [[value > 0 for value in row] for row in arrays["completion_mask"]],
        "advantages": inputs["advantages"],
        "objectives": [{
            "name": name.split("_")[0],
            "low": values["eps_low"],
            "high": values["eps_high"],
            "loss": values["loss"],
            "ratios": values["ratio"] or [],
            "gradientNorm": values["grad_norm"],
        } for name, values in inputs["rl"].items()],
    })
json.dump(golden, sys.stdout, indent=None, separators=(",", ":"))
print()
