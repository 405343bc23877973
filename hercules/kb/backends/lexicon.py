"""The plain words of a generation's articles, kept beside the index for did-you-mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from hercules.kb.backends.documents import Documents, document
from hercules.model import Article

_FILE = "words.tsv"
_ARTICLES_MIN = 2


class Lexicon:
    """In how many articles each word was seen.

    An article that is put again counts again, and a deleted one stays counted until the next rebuild: the
    words are only offered to people who mistyped one.
    """

    def __init__(self, counts: Counter[str] | None = None) -> None:
        self._counts: Counter[str] = Counter() if counts is None else counts

    @classmethod
    def read(cls, folder: Path) -> Lexicon:
        """The words of a generation, none where it kept none. Raises OSError or ValueError for a bad file."""
        path = folder / _FILE
        lines = path.read_text("utf-8").split("\n") if path.is_file() else []
        pairs = (line.split("\t") for line in lines if line)
        return cls(Counter({word: int(count) for word, count in pairs}))

    def seen(self, articles: Iterable[Article], also: Callable[[Article], None] | None = None) -> Documents:
        """The articles with their tokens; their words are counted as they pass, `also` hears of each."""
        for article in articles:
            if also is not None:
                also(article)
            parsed = document(article)
            self._counts.update(parsed.surface)
            yield article, parsed

    def write(self, folder: Path) -> None:
        """Keep the words in a generation's folder."""
        lines = (f"{word}\t{count}\n" for word, count in sorted(self._counts.items()))
        (folder / _FILE).unlink(missing_ok=True)  # it may be a second name of the former generation's file
        (folder / _FILE).write_text("".join(lines), "utf-8")

    def common(self) -> tuple[str, ...]:
        """The words of at least two articles, in order."""
        return tuple(sorted(word for word, count in self._counts.items() if count >= _ARTICLES_MIN))
