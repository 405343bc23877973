"""Makes `hercules/rules/grams.py`: `python -m tests.bench.grams`. The text is our own."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from hercules.rules.neutral import neutral_files
from hercules.rules.rarity import gram_text

_ROOT = Path(__file__).resolve().parents[2]
_WIDTH = 96
_SEEN_MIN = 12
_LEVELS = 10


def main() -> None:
    """Count pairs and triples of signs, and write how surprising each is, in bits."""
    pairs, triples = Counter[str](), Counter[str]()
    for text in _texts():
        pairs.update(text[at : at + 2] for at in range(len(text) - 1))
        triples.update(text[at : at + 3] for at in range(len(text) - 2))
    total = sum(pairs.values())
    first = {gram: math.log2(total / count) for gram, count in pairs.items() if count >= _SEEN_MIN}
    after = {
        gram: math.log2(pairs[gram[:2]] / count) for gram, count in triples.items() if count >= _SEEN_MIN
    }
    print(len(first), "pairs,", len(after), "triples")
    told = "How surprising pairs and triples of signs are in logs, in bits; made by `tests.bench.grams`."
    head = f'"""{told}"""\n\n'
    text = head + "# Lower case, digits as 0; each text is a run of grams of one level.\n"
    text += _table("PAIRS", first, 18) + "\n" + _table("TRIPLES", after, _LEVELS)
    (_ROOT / "hercules" / "rules" / "grams.py").write_text(text, encoding="ascii")


def _texts() -> list[str]:
    found = [data.decode("utf-8", "replace") for _, data in neutral_files()]
    found += [path.read_text("utf-8", "replace") for path in sorted((_ROOT / "sample_logs").rglob("*.log"))]
    return [gram_text(line) for text in found for line in text.split("\n")]


def _table(name: str, bits: dict[str, float], levels: int) -> str:
    by_level: dict[int, list[str]] = {}
    for gram, each in sorted(bits.items()):
        if gram.isascii() and gram.isprintable():
            by_level.setdefault(min(round(each), levels), []).append(gram)
    lines = [f"{name}: dict[int, str] = {{"]
    for level, grams in sorted(by_level.items()):
        run = "".join(grams)
        parts = [run[at : at + _WIDTH] for at in range(0, len(run), _WIDTH)]
        lines += [f"    {level}: (", *(f"        {part!r}" for part in parts), "    ),"]
    return "\n".join([*lines, "}\n"])


if __name__ == "__main__":
    main()
