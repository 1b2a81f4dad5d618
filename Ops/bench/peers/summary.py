"""Medians and ratios of what peers.sh measured.

usage: summary.py RESULTS.jsonl --threads N --load-before "a b c"
"""

import argparse
import collections
import importlib.metadata
import json
import platform
import statistics


def rates(result):
    """Tokens/s by what was measured, from the JSON of apus or of a peer's script."""
    if result.get("benchmark") == "decode":
        return {f"batch {entry['batch']}": entry["tokens_per_second"]["median"] for entry in result["batches"]}
    if result.get("benchmark") == "learner":
        return {
            "training": result["training_tokens_per_second"]["median"],
            "logprobs": result["forward_tokens_per_second"]["median"],
        }
    return {key if not key.isdigit() else f"batch {key}": value for key, value in result.items()}


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    sets = [name for name in ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16") if name in fields.get("flags", "").split()]
    return f"{fields.get('model name', platform.machine())} (family {fields.get('cpu family')}, {' '.join(sets)})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    parser.add_argument("--threads", required=True)
    parser.add_argument("--load-before", required=True)
    options = parser.parse_args()
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(options.results, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            part, _, name = record["name"].partition(" ")
            for what, rate in rates(record["result"]).items():
                values[part][name, what].append(rate)
    versions = []
    for package in ("xllamacpp", "torch", "transformers"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    with open("/proc/loadavg", encoding="utf-8") as file:
        after = " ".join(file.read().split()[:3])
    print(f"{processor()}; {options.threads} threads; load average {options.load_before} before, {after} after")
    print("; ".join(versions))
    for part, measured in values.items():
        columns = list(dict.fromkeys(what for _, what in measured))
        names = list(dict.fromkeys(name for name, _ in measured))
        rounds = min(len(list_) for list_ in measured.values())
        print(f"\n{part}, tokens/s, medians of {rounds}; in parentheses: how many times as fast Apus is at the same precision, or in fp32")
        width = max(len(name) for name in names)
        print(" " * width + "".join(column.rjust(20) for column in columns))
        for name in names:
            own = f"apus {name.split()[-1]}"
            reference = own if own in names else names[0]
            cells = []
            for what in columns:
                if (name, what) not in measured:
                    cells.append("".rjust(20))
                    continue
                median = statistics.median(measured[name, what])
                ours = statistics.median(measured[reference, what])
                ratio = "" if name.startswith("apus") else f" ({ours / median:.2f})"
                cells.append(f"{median:,.0f}{ratio}".rjust(20))
            print(name.ljust(width) + "".join(cells))


if __name__ == "__main__":
    main()
