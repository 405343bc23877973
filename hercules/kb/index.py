"""Opening a search index by the name of its engine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from hercules.kb.backends.generation_index import GenerationIndex
from hercules.kb.backends.generations import engine_of
from hercules.kb.confidence import Coefficients
from hercules.kb.contract import FieldWeights, IndexOptions, Meaning, NoWords, SearchIndex, WordStats
from hercules.model import SettingsError

__all__ = [
    "Coefficients",
    "FieldWeights",
    "IndexOptions",
    "Meaning",
    "NoWords",
    "SearchIndex",
    "WordStats",
    "engine_for",
    "engine_of",
    "open_index",
    "open_meaning",
]

ENGINES = ("auto", "tantivy", "whoosh")
TANTIVY_FROM = 10_000
"""From so many articles on `auto` takes tantivy, where it is installed."""


def engine_for(wanted: str, articles: int) -> str:
    """The engine that a setting stands for with so many articles. Raises SettingsError for an unknown one."""
    if wanted not in ENGINES:
        raise SettingsError(f"kb.engine is {wanted!r}; write one of {', '.join(ENGINES)}.")
    if wanted != "auto":
        return wanted
    return "tantivy" if articles >= TANTIVY_FROM and find_spec("tantivy") else "whoosh"


def open_meaning(model: Path | None = None, tokenizer: Path | None = None) -> Meaning:
    """The sentence model of the extra `semantic`. Raises SettingsError that says what to install."""
    if any(find_spec(package) is None for package in ("numpy", "onnxruntime", "tokenizers")):
        raise SettingsError("kb.semantic needs an extra; run: pip install 'hercules[semantic]'")
    from hercules.kb.semantic import SentenceModel

    return SentenceModel(model, tokenizer)


def open_index(folder: Path, options: IndexOptions, engine: str = "whoosh") -> SearchIndex:
    """The index in a folder, which is made by the first rebuild.

    A missing or broken one is an index without articles whose `broken` tells why.
    Raises SettingsError for an unknown engine, or one that is not installed.
    """
    return _kind(engine_for(engine, 0))(folder, options)


def _kind(engine: str) -> type[GenerationIndex]:
    if engine == "whoosh":
        from hercules.kb.backends.whoosh_index import WhooshIndex

        return WhooshIndex
    if find_spec("tantivy") is None:
        raise SettingsError(
            "kb.engine is 'tantivy', which is not installed; run: pip install 'hercules[tantivy]'"
        )
    from hercules.kb.backends.tantivy_index import TantivyIndex

    return TantivyIndex
