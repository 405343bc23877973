"""What an index finds: ranks, filters, reasons, and hostile questions."""

from __future__ import annotations

import ast
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh.index import open_dir
from whoosh.query import Or
from whoosh.query import Term as WhooshTerm
from whoosh.scoring import BM25F

import hercules.kb
from hercules.kb.backends.whoosh_index import WhooshIndex
from hercules.kb.backends.whoosh_reader import WhooshReading
from hercules.kb.confidence import rarity
from hercules.kb.contract import ASKED_TEXT, SearchIndex, WordStats
from hercules.kb.index import FieldWeights, IndexOptions, open_index
from hercules.kb.query import QueryOptions, build
from hercules.model import ErrorEvent, Filters, KbQuery, SettingsError, Term, Ticket
from tests.patience import ending

from .samples import ARTICLES, NOW, article, found, keys, many, query_of

LONG = (
    "We use the ledger since spring and are content. Last night the pages began to hang, one after the "
    "other, and in the morning nobody could book anything. We restarted the machine and looked for changes "
    "of the network, but found none. Our own people say that the connection pool could be exhausted. "
) * 3


def test_the_right_article_comes_first(index: SearchIndex) -> None:
    assert found(index, "the pool of connections is exhausted")[0] == "pool"
    assert found(index, "certificate of the identity provider")[0] == "login"
    assert found(index, "notifications come twice")[0] == "mail"


def test_long_tickets_find_something(index: SearchIndex) -> None:
    hits = index.search(query_of(index, "Ledger hangs", LONG))
    assert keys(hits)[0] == "pool"


def test_log_errors_alone_find_their_article(index: SearchIndex) -> None:
    error = ErrorEvent("a.log", 3, "ERROR PoolExhaustedException: no free connection in the pool")
    assert keys(index.search(query_of(index, "Trouble", errors=(error,))))[0] == "pool"


def test_noise_in_the_logs_does_not_crowd_out_the_words(index: SearchIndex) -> None:
    noise = tuple(
        ErrorEvent("a.log", at, f"ERROR notification queue {at} of the scheduler") for at in range(20)
    )
    query = query_of(index, "connection pool exhausted", "all pages hang", errors=noise)
    assert keys(index.search(query))[0] == "pool"


def test_codes_are_found_as_written(index: SearchIndex) -> None:
    hits = index.search(query_of(index, "What does ARCH-00507 mean?"))
    assert keys(hits) == ["disk"]
    assert ("arch-00507", "code", "exact") in hits[0].matched


def test_matched_tells_word_source_and_part(index: SearchIndex) -> None:
    hit = index.search(query_of(index, "certificate", "sign in fails"))[0]
    assert ("certificate", "subject", "symptoms") in hit.matched
    assert ("certificate", "subject", "body") in hit.matched
    assert ("sign", "prose", "title") in hit.matched


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"disk", "inside", "es"}),
        ({"desk_ids": frozenset({"desk-b"})}, {"other"}),
        ({"desk_ids": frozenset({"desk-b", "*"})}, {"disk", "inside", "es", "other"}),
        ({"desk_ids": frozenset({"nobody"})}, set()),
        ({"audience": "public"}, {"disk", "es"}),
        ({"audience": "internal"}, {"inside"}),
        ({"language": "es"}, {"es"}),
        ({"language": "en-GB"}, {"disk", "inside"}),
        ({"product": "archiver"}, {"disk", "inside", "es"}),
        ({"product": "ledger"}, {"inside", "es"}),
        ({"tags_any": frozenset({"archive", "nothing"})}, {"disk"}),
        ({"tags_any": frozenset({"nothing"})}, set()),
    ],
)
def test_filters(index: SearchIndex, filters: dict[str, object], expected: set[str]) -> None:
    terms = (Term("archiv", 1.0, "subject"), Term("archivo", 1.0, "subject"))
    asked = Filters(**filters)  # type: ignore[arg-type]  # test data
    assert set(keys(index.search(KbQuery(terms, asked)))) == expected


def test_drafts_are_never_found(index: SearchIndex) -> None:
    assert "draft" not in found(index, "unfinished page draft archive")


def test_a_negative_term_keeps_hits_out(index: SearchIndex) -> None:
    terms = (Term("archiv", 1.0, "prose"), Term("disk", -1.0, "prose"))
    assert "disk" not in keys(index.search(KbQuery(terms)))


def test_equal_scores_are_ordered_by_id(tmp_path: Path) -> None:
    opened = open_index(tmp_path / "index", IndexOptions())
    opened.rebuild(article(key, "Same title", "same body") for key in ("c", "a", "b", "d"))
    assert found(opened, "same title") == ["a", "b", "c", "d"]


def test_field_weights_count(tmp_path: Path) -> None:
    articles = [article("title", "Quasar", "about stars"), article("body", "Stars", "about a quasar")]
    ranks = {}
    for weight in (0.01, 20.0):
        options = IndexOptions(weights=FieldWeights(title=weight, body=1.0))
        opened = open_index(tmp_path / str(weight), options)
        opened.rebuild(articles)
        hits = opened.search(query_of(opened, "quasar"))
        ranks[weight] = hits[0].score - hits[1].score
    assert ranks[20.0] > 5 * ranks[0.01] > 0


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    opened = open_index(tmp_path / "nowhere", IndexOptions())
    query = build(Ticket("d", "1", "archive full", "", NOW), (), (), opened.words, QueryOptions())
    assert opened.search(query) == []
    assert opened.suggest("archvie") == []
    assert opened.stats().articles == 0
    assert opened.stats().built_at == ""
    assert opened.broken == ""
    assert not (tmp_path / "nowhere").exists(), "opening makes no folder"
    opened.rebuild([])
    assert opened.search(query) == []
    assert opened.stats().generation == 1


def test_stats_and_mark(index: SearchIndex, engine: str) -> None:
    stats = index.stats()
    assert (stats.articles, stats.engine) == (len(ARTICLES), engine)
    assert datetime.fromisoformat(stats.built_at)
    assert stats.size_bytes > 0
    assert index.mark == "seq-7"


def test_an_unknown_engine_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nonsense"):
        open_index(tmp_path, IndexOptions(), "nonsense")


def test_did_you_mean(tmp_path: Path) -> None:
    opened = open_index(tmp_path / "index", IndexOptions())
    opened.rebuild(article(key, "Certificates", "The certificate of version 10234 ran out.") for key in "ab")
    assert opened.suggest("certifcate")[0] == "certificate"
    assert opened.suggest("certificate") == [], "a known word needs no help"
    assert opened.suggest("certific\u00e1te") == [], "not with accents either"
    assert opened.suggest("10243") == []
    assert opened.suggest("cert") == []
    assert opened.suggest("zzzzzzzz") == []


# --- the shape of the query -----------------------------------------------------------------------


class Scoring(BM25F):  # type: ignore[misc]  # whoosh has no types
    """Whoosh's BM25F with the rarity of a word in the whole article."""

    def __init__(self, words: WordStats, b: float) -> None:
        super().__init__(B=b)
        self._words = words

    def idf(self, searcher: object, fieldname: str, text: bytes) -> float:
        return rarity(self._words.articles, self._words.found_in(text.decode(), fieldname == "exact"))


@pytest.mark.parametrize("only", [frozenset(range(3_000)), frozenset(range(300))])
def test_postings_are_weighed_as_whoosh_does(tmp_path: Path, only: frozenset[int]) -> None:
    options = IndexOptions()
    opened = WhooshIndex(tmp_path / "index", options)
    made = list(many(900))
    opened.rebuild(made[:600])
    opened.write(made[550:], [made[9].id])
    terms = [Term(f"word{at}", 1.0 + at % 3, "prose") for at in range(5, 37)]
    served = opened._served
    assert served is not None
    with served.reading() as reading:
        assert isinstance(reading, WhooshReading)
        parts = [
            WhooshTerm(field, term.text, boost=term.weight * options.weights.of(field))
            for term in terms
            for field in ASKED_TEXT
        ]
        searcher = open_dir(str(served.folder)).searcher(weighting=Scoring(served.words, options.b))
        theirs = searcher.search(Or(parts), limit=20, filter=set(only)).top_n
        ours = reading._best(terms, only, 20)
        assert [score for _, score in ours] == pytest.approx([score for score, _ in theirs])
        assert {number for number, _ in ours[:10]} <= {number for _, number in theirs}
        searcher.close()


def test_no_query_parser_anywhere() -> None:
    for path in Path(hercules.kb.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("whoosh.qparser") for name in names), path
            assert "re" not in names, path


# --- hostile questions ----------------------------------------------------------------------------

HOSTILE = [
    'title:* AND NOT (body:"x" OR *:*)',
    "a^1000 b~2 [a TO z] {x} <y> field:value",
    "\x00archive\x00\x01\x02",
    "\u202earchive\u202d \u2066disk\u2069",
    "archive \ud800 \udfff",
    "~ | - ' \" \\ / * ? : ; ( ) [ ] { } ^ ! & =",
    "\u0627\u0644\u0623\u0631\u0634\u064a\u0641 \u78c1\u76d8 \u0e14\u0e34\u0e2a",
    "a" * 1_000_000,
    "disk " * 200_000,
    "".join(f"w{at} " for at in range(150_000)),
    "A_" * 500_000,
    "a.b." * 250_000 + "C",
    '"' * 1_000_000,
    "[" * 1_000_000,
    ("x" * 900 + "\n") * 1_100,
    "2026-10-29 07:30:14 ERROR no free connection in the pool\n" * 17_000,
    "=" * 500_000 + "100%",
    "\u0301" * 300_000,
    "=> , =>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_questions_are_answered_soon(index: SearchIndex, text: str) -> None:
    errors = (ErrorEvent("a", 1, text),)
    with ending():
        index.search(query_of(index, text[:5_000], text, errors=errors, product=text[:300]))


@given(st.text(max_size=80), st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_question_is_answered(index: SearchIndex, subject: str, text: str) -> None:
    for hit in index.search(query_of(index, subject, text)):
        assert 0 <= hit.share <= 1
        assert hit.matched


def test_hostile_terms_straight_to_the_engine(index: SearchIndex) -> None:
    terms = tuple(Term(text[:3_000], 1.0, "prose", exact) for text in HOSTILE for exact in (True, False))
    assert (
        index.search(
            KbQuery(terms, Filters(product="\x00", language="\u202e", tags_any=frozenset({"", ","})))
        )
        == []
    )


def test_hostile_articles_are_indexed(tmp_path: Path) -> None:
    opened = open_index(tmp_path / "index", IndexOptions())
    texts = [text[:100_000] for text in HOSTILE]
    opened.rebuild(
        article(
            f"h{at}|,\x00 x",
            text[:300],
            text,
            exact=text,
            tags=(text[:50],),
            product=text[:50],
            headings=text,
        )
        for at, text in enumerate(texts)
    )
    assert opened.stats().articles == len(texts)
    assert found(opened, "archive")
