"""An article as the tokens of each field: what every engine indexes, made by our own analysers."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import log

import re2

from hercules.kb.contract import TEXT_FIELDS, FieldWeights
from hercules.kb.words import codes, plain, shingles, version_name, words, written
from hercules.model import Article

_BODY_CHARS_MAX = 400_000
_SEQUENCE_MAX = 2_000  # tokens of a body that are kept in order; what follows is kept once each
_SURFACE_MIN, _SURFACE_MAX = 5, 24
_QUOTED = re2.compile(r"\"([^\"\n]+)\"|`([^`\n]+)`|\*([^*\n]+)\*")
_QUOTE_CHARS = range(6, 301)


@dataclass(frozen=True, slots=True)
class Document:
    """Tokens by field, in order and with repeats; `surface` are plain words for did-you-mean."""

    fields: dict[str, list[str]]
    surface: list[str]

    def text(self, weights: FieldWeights) -> dict[str, float]:
        """The words of all parts, each with 1 + ln(sum of the weights of its places), at least 1.

        Symptoms and headings are parts of the body, so they add what they weigh beyond it. The logarithm
        keeps a word that a page repeats fifty times from outweighing three others.
        """
        sums: dict[str, float] = {}
        extra = {"title": weights.body, "body": weights.body}
        extra |= {"symptoms": weights.symptoms - weights.body, "headings": weights.headings - weights.body}
        for name, weight in extra.items():
            for token in self.fields[name]:
                sums[token] = sums.get(token, 0.0) + weight
        return {token: 1 + log(max(total, 1.0)) for token, total in sums.items()}

    def packed(self) -> bytes:
        """The tokens of every field, compressed: what hits are ordered and explained by.

        Title and body keep their order and repeats, the body for its beginning; of the rest each token once.
        """
        lines = [" ".join((name, *_kept(name, tokens))) for name, tokens in self.fields.items()]
        return zlib.compress("\n".join(lines).encode("utf-8", "replace"), 1)


def _kept(name: str, tokens: list[str]) -> list[str]:
    if name == "title":
        return tokens
    if name == "body":
        begun = tokens[:_SEQUENCE_MAX]
        return begun + sorted(set(tokens[_SEQUENCE_MAX:]).difference(begun))
    return sorted(set(tokens))


def unpacked(data: bytes) -> dict[str, list[str]]:
    """The tokens of every field of a packed document."""
    lines = (line.split(" ") for line in zlib.decompress(data).decode().split("\n"))
    return {name: tokens for name, *tokens in lines}


Documents = Iterator[tuple[Article, Document]]
"""Articles, each with its tokens."""


def document(article: Article) -> Document:
    """The tokens of an article. Tags and product count as headings, so that they can be asked for."""
    tag = article.language
    body = article.body[:_BODY_CHARS_MAX]
    headings = "\n".join((article.headings, article.product, *article.tags))
    texts = {"title": article.title, "symptoms": article.symptoms, "headings": headings, "body": body}
    fields = {name: words(texts[name], tag) for name in TEXT_FIELDS}
    fields["exact"] = _exact(article, body)
    return Document(fields, _surface(f"{article.title}\n{headings}\n{body}"))


def _exact(article: Article, body: str) -> list[str]:
    """Codes and names of the whole article, its versions, and runs of three words of what it shows."""
    found = codes("\n".join((article.title, *article.tags, body)))
    found += [name for name in map(version_name, article.versions) if name]
    shown = [
        article.exact,
        *(
            part
            for groups in _QUOTED.findall(article.markdown)
            for part in groups
            if len(part) in _QUOTE_CHARS
        ),
    ]
    for text in shown:
        for line in text.split("\n"):
            found.extend(shingles(line))
    return list(dict.fromkeys(found))


def _surface(text: str) -> list[str]:
    found = (raw.casefold() for raw in set(written(plain(text))))
    return sorted({word for word in found if _SURFACE_MIN <= len(word) <= _SURFACE_MAX and word.isalpha()})
