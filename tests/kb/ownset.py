"""Our own labelled tickets over the starter articles and six Spanish ones, and how they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from hercules.kb.article import read_markdown
from hercules.kb.contract import IndexOptions, SearchIndex
from hercules.kb.evaluate import Asked, Outcome, outcome, prepared
from hercules.kb.index import open_index
from hercules.kb.labels import LabelledSet, article_id, read_judgements, read_questions
from hercules.kb.query import QueryOptions
from hercules.model import Article
from hercules.sources.folder import FolderSource
from hercules.sources.source import SourcePage

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent / "labelled"
SYNONYMS = (ROOT / "kb_index" / "synonyms.txt").read_text("utf-8")


def articles() -> tuple[Article, ...]:
    """The starter articles and the Spanish ones, under the ids that labels give them."""
    folders = (ROOT / "kb_index" / "articles", FOLDER / "articles-es")
    pages = [page for each in folders for page in FolderSource(each).read() if isinstance(page, SourcePage)]
    read = (read_markdown(page.name, page.data, source="eval") for page in pages)
    return tuple(read)


def labelled() -> LabelledSet:
    """The whole set. Raises BadLabels when its files are broken."""
    pages = articles()
    questions = read_questions("queries.jsonl", (FOLDER / "queries.jsonl").read_bytes())
    judged = read_judgements(
        "judgements.tsv",
        (FOLDER / "judgements.tsv").read_bytes(),
        {each.id for each in questions},
        {each.id for each in pages},
    )
    assert all(each.id == article_id(each.key) for each in pages)
    return LabelledSet(pages, questions, judged)


@contextmanager
def indexed(labels: LabelledSet, folder: Path, engine: str = "whoosh") -> Iterator[SearchIndex]:
    """An index of the set's articles with the starter synonyms."""
    index = open_index(folder, IndexOptions(synonyms=SYNONYMS), engine)
    index.rebuild(labels.articles)
    yield index
    index.close()


def outcomes(labels: LabelledSet, index: SearchIndex, asked: list[Asked] | None = None) -> list[Outcome]:
    """What every question gives."""
    options = QueryOptions(synonyms=SYNONYMS)
    return [
        outcome(each, labels, index, options, clock=perf_counter)
        for each in asked or list(prepared(labels.questions))
    ]
