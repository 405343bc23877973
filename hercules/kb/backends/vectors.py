"""The meaning of articles as vectors, kept beside the index; only where a model is installed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hercules.kb.contract import Meaning
from hercules.model import Article

_FILE = "vectors.bin"
_BATCH = 32
_BODY_CHARS = 600


def spoken(article: Article) -> str:
    """What is said of an article: title, symptoms and the first words."""
    return "\n".join((article.title, article.symptoms, article.body[:_BODY_CHARS]))


@dataclass(frozen=True, slots=True)
class Vectors:
    """By article the digest it was made of and the bytes. The file is a line of JSON, then the bytes."""

    of: dict[str, tuple[str, bytes]]

    @classmethod
    def read(cls, folder: Path, model: str) -> Vectors:
        """The vectors of a generation, none where it kept none or another model's.

        Raises OSError or ValueError for a file that is not ours.
        """
        path = folder / _FILE
        if not path.is_file():
            return cls({})
        head, _, blob = path.read_bytes().partition(b"\n")
        told = json.loads(head)
        if told["model"] != model:
            return cls({})
        size = int(told["bytes"])
        parts = (blob[at * size : (at + 1) * size] for at in range(len(told["articles"])))
        return cls({key: (digest, part) for (key, digest), part in zip(told["articles"], parts, strict=True)})

    def write(self, folder: Path, model: str) -> None:
        """Keep the vectors in a generation's folder."""
        size = len(next(iter(self.of.values()))[1]) if self.of else 0
        keys = [(key, digest) for key, (digest, _) in self.of.items()]
        head = json.dumps({"model": model, "bytes": size, "articles": keys}).encode()
        (folder / _FILE).unlink(missing_ok=True)  # it may be a second name of the former generation's file
        (folder / _FILE).write_bytes(head + b"\n" + b"".join(part for _, part in self.of.values()))

    def closeness(self, meaning: Meaning, text: str, article_ids: Sequence[str]) -> list[float]:
        """How close (-1..1) each article is in meaning to a text; 0 for one without a vector."""
        known = [self.of[each][1] for each in article_ids if each in self.of]
        if not known or not text:
            return [0.0] * len(article_ids)
        close = iter(meaning.closeness(text, known))
        return [next(close) if each in self.of else 0.0 for each in article_ids]


class Learning:
    """Collects what new articles say while they are indexed, and makes the vectors that are not known yet."""

    def __init__(self, meaning: Meaning, known: Iterable[Path]) -> None:
        self._meaning = meaning
        self._known = Vectors({})
        for folder in known:
            self._known.of.update(Vectors.read(folder, meaning.name).of)
        self._kept: dict[str, tuple[str, bytes]] = {}
        self._wanted: dict[str, tuple[str, str]] = {}

    def keep_former(self, deleted: Iterable[str]) -> None:
        """The articles that were there stay, but for the deleted ones."""
        gone = set(deleted)
        self._kept = {key: value for key, value in self._known.of.items() if key not in gone}

    def see(self, article: Article) -> None:
        """An article is put: with its known vector where it did not change."""
        digest, part = self._known.of.get(article.id, ("", b""))
        self._kept.pop(article.id, None)
        if digest == article.digest and digest:
            self._kept[article.id] = (digest, part)
        else:
            self._wanted[article.id] = (article.digest, spoken(article))

    def write(self, folder: Path) -> None:
        """Make what is missing, and keep all in the generation's folder."""
        waiting = iter(self._wanted.items())
        while batch := list(islice(waiting, _BATCH)):
            made = self._meaning.vectors([text for _, (_, text) in batch])
            for (key, (digest, _)), part in zip(batch, made, strict=True):
                self._kept[key] = (digest, part)
        Vectors(self._kept).write(folder, self._meaning.name)
