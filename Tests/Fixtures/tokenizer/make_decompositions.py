# Writes Sources/Model/Tokenizer/CanonicalDecompositions.swift from Python's Unicode data (3.11: Unicode 14).
# python make_decompositions.py > ../../../Sources/Model/Tokenizer/CanonicalDecompositions.swift
# Decompositions never change once assigned, and all of Unicode 14's are older than Unicode 9 but those left out below.
import textwrap
import unicodedata

YOUNGER_THAN_UNICODE_9 = range(0x11938, 0x11939)

entries = []
for value in range(0x110000):
    decomposition = unicodedata.decomposition(chr(value))
    if not decomposition or decomposition.startswith("<") or value in YOUNGER_THAN_UNICODE_9:
        continue
    parts = [format(int(part, 16), "X") for part in decomposition.split()]
    composes = unicodedata.normalize("NFC", chr(value)) == chr(value)
    entries.append(format(value, "X") + ("=" if composes else "-") + "+".join(parts))
lines = textwrap.wrap(" ".join(entries), 112, break_on_hyphens=False, break_long_words=False)
print("""extension CanonicalComposition {
    /// The canonical decompositions of Unicode 9 but those of Hangul syllables, which are computed: `C0=41+300` for a
    /// character that its parts compose to, `340-300` for one that they do not (UnicodeData.txt, CompositionExclusions.txt).
    /// Made by Tests/Fixtures/tokenizer/make_decompositions.py.
    static let table = \"\"\"""")
for line in lines[:-1]:
    print("        " + line + " \\")
print("        " + lines[-1] + "\n        \"\"\"\n}")
