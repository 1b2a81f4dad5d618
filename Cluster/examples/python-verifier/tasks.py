#!/usr/bin/env python3
"""Writes tasks of reasoning-gym as a file of tasks for Apus (docs/datasets.md): one JSON object a line.

The payload names a problem by dataset, seed, size and index: that makes the same problem again wherever the same version of
reasoning-gym is installed, so the verifier needs neither files nor answers.

    tasks.py --dataset chain_sum --size 500 > tasks.jsonl
    tasks.py --dataset chain_sum --config '{"max_terms": 3}' --size 500 > tasks.jsonl
"""
import argparse
import json

import reasoning_gym

parser = argparse.ArgumentParser(description="Tasks of reasoning-gym, a JSON object a line.")
parser.add_argument("--dataset", action="append", required=True, help="name in reasoning-gym; may be repeated")
parser.add_argument("--size", type=int, default=100, help="problems of each dataset")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--config", type=json.loads, default={}, help="settings of the dataset, a JSON object")
arguments = parser.parse_args()

for name in arguments.dataset:
    made = reasoning_gym.create_dataset(name, seed=arguments.seed, size=arguments.size, **arguments.config)
    for index in range(arguments.size):
        payload = {"kind": "reasoning-gym", "dataset": name, "seed": arguments.seed, "size": arguments.size, "index": index}
        if arguments.config:
            payload["config"] = arguments.config
        print(json.dumps({"prompt": made[index]["question"], "verifier": payload}, ensure_ascii=False))
