"""Writes math-verify.jsonl: the cases of Math-Verify's own tests with its verdicts.

    python3 -m venv venv && venv/bin/pip install 'math-verify[antlr4_13_2]==0.9.0' pytest
    git clone --branch 0.9.0 https://github.com/huggingface/Math-Verify    # for its tests only
    venv/bin/python derive_math_verify.py Math-Verify/tests > math-verify.jsonl

Every call of `verify` on the results of `parse` is recorded while pytest runs: the texts of both sides, the settings,
what the test expects, and what Math-Verify 0.9 answers with those settings and with its defaults. Tests that compare no
pair of texts (of its timeouts and of its regular expressions alone) give no case.
"""

import json
import os
import sys

import math_verify
import pytest
from math_verify import ExprExtractionConfig, LatexExtractionConfig


class Parsed(list):
    """What parse returned, with the text and the targets it was made from."""


class Recorder:
    def __init__(self):
        self.cases = []
        self.pending = []
        self.parse, self.verify = math_verify.parse, math_verify.verify

    def recording_parse(self, text, *arguments, **settings):
        parsed = Parsed(self.parse(text, *arguments, **settings))
        targets = arguments[0] if arguments else settings.get("extraction_config")
        parsed.text = text
        parsed.settings = {}
        if targets is not None:
            parsed.settings["targets"] = [
                "latex" if isinstance(t, LatexExtractionConfig) else "expr" if isinstance(t, ExprExtractionConfig) else "string"
                for t in targets
            ]
        return parsed

    def recording_verify(self, gold, target, **settings):
        answer = self.verify(gold, target, **settings)
        if isinstance(gold, Parsed) and isinstance(target, Parsed):
            default = self.verify(self.parse(gold.text), self.parse(target.text))
            defaults = {"float_rounding": 6, "strict": True, "allow_set_relation_comp": False}
            changed = {k: v for k, v in settings.items() if defaults.get(k) != v}
            self.pending.append(
                {
                    "gold": gold.text, "prediction": target.text, "settings": gold.settings | changed,
                    "reference": bool(answer), "reference_default": bool(default),
                }
            )
        return answer

    def pytest_runtest_call(self, item):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        self.expected = bool(parameters.get("expected", parameters.get("result", True)))
        self.pending = []

    def pytest_runtest_teardown(self, item):
        for case in self.pending:
            self.cases.append({"id": item.nodeid.split("/")[-1].split("::")[0].removesuffix(".py") + ":" + item.originalname,
                               **case, "expected": self.expected})
        self.pending = []


recorder = Recorder()
math_verify.parse, math_verify.verify = recorder.recording_parse, recorder.recording_verify
tests = os.path.abspath(sys.argv[1])
os.chdir(os.path.dirname(tests))
sys.path.insert(0, os.getcwd())
stdout, sys.stdout = sys.stdout, sys.stderr
pytest.main(["-q", "-p", "no:cacheprovider", "--no-header", tests], plugins=[recorder])
for case in recorder.cases:
    stdout.write(json.dumps(case, ensure_ascii=False) + "\n")
