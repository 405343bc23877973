"""Every word that a why names stands in what it is named of: the ticket, its log, or a matched rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.answer.suggest import AnswerOptions, suggest
from hercules.kb.article import sealed
from hercules.kb.contract import IndexOptions, SearchIndex
from hercules.kb.index import open_index
from hercules.kb.query import QueryOptions, build
from hercules.model import Article, ErrorEvent, Evidence, Match, Scan, Ticket

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SYNONYMS = "annulus => ring\nspill => overflow\n"
TEXTS = {
    "ring": ("The ledger overflows its ring", "LEDG-00712 is written when the ring of the ledger overflows."),
    "vpn": ("The tunnel closes at noon", "TunnelClosedException: conexión closed. Renew the certificate."),
    "disk": ("The archive has no room", "Writes of the archive stop; remove old segments of the archive."),
    "mail": ("Letters are sent twice", "Two schedulers run; stop one scheduler and clear the queue."),
}
ARTICLES = {
    each.id: each
    for each in (
        sealed(Article(id=f"folder:{key}", title=title, body=body)) for key, (title, body) in TEXTS.items()
    )
}
WORDS = (
    "ring ledger overflows overflow annulus spill LEDG-00712 archive segments scheduler letters queue tunnel "
    "certificat schedulr conexión conexion TunnelClosedException noon twice stop the our a"
).split()
TOLD = re.compile(r"(The ticket|the ticket|[Ii]ts log|[Aa] matched rule)(?: shares)? the words? ")
NAMED = re.compile(r"'([^']+)'|([^\s,']+)")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    opened = open_index(tmp_path_factory.mktemp("why") / "index", IndexOptions(synonyms=SYNONYMS))
    opened.rebuild(ARTICLES.values())
    yield opened
    opened.close()


def rule(title: str, tags: tuple[str, ...] = (), kb: tuple[str, ...] = ()) -> Match:
    proof = Evidence("app.log", 7, None, "boom", ((0, 4),))
    return Match("acme-ring", title, "high", "test", 1, (proof,), kb=kb, rank=(3, 1, 20), tags=tags)


def whys(index: SearchIndex, ticket: Ticket, matches: tuple[Match, ...], log: str) -> list[str]:
    errors = (ErrorEvent("app.log", 3, log),) if log else ()
    query = build(ticket, matches, errors, index.words, QueryOptions(synonyms=SYNONYMS))
    options = AnswerOptions(hold_from=0.0, say_from=0.0)
    scan = Scan(matches=matches, errors=errors)
    found = suggest(ticket.ref, scan, index.search(query), ARTICLES.get, options, "s1", "hash")
    return [item.why for item in found.items]


def named(why: str) -> dict[str, list[str]]:
    """The words by who is said to share them."""
    parts = TOLD.split(why.partition(" with this article")[0] + why.partition(" with this article")[2])
    found: dict[str, list[str]] = {}
    for who, words in zip(parts[1::2], parts[2::2], strict=True):
        told = words.replace(" with its article", "").removesuffix(".")
        found[who.casefold()] = [quoted or bare for quoted, bare in NAMED.findall(told)]
    return found


def ticket_of(subject: str, description: str) -> Ticket:
    return Ticket("acme", "4711", subject, description, NOW)


def test_the_words_of_a_rule_are_not_said_to_be_the_tickets(index: SearchIndex) -> None:
    found = rule("The ledger overflows", tags=("overflow",), kb=("folder:ring",))
    (why, *_) = whys(index, ticket_of("Our ring stands still", ""), (found,), "")
    assert why == (
        "Rule acme-ring matched app.log line 7, and the ticket shares the word 'ring' with its article, "
        "a matched rule the words 'ledger', 'overflows'."
    )
    both = whys(index, ticket_of("The ledger and its ring", ""), (found,), "")[0]
    assert set(named(both)["the ticket"]) == {"ledger", "ring"}, "what both say is the ticket's"


def test_a_synonym_or_a_near_spelling_is_not_named(index: SearchIndex) -> None:
    for subject in ("The annulus", "A spill"):
        for why in whys(index, ticket_of(subject, ""), (), ""):
            assert named(why) == {}
            assert why == "Found by search."


def test_words_are_named_as_they_were_written(index: SearchIndex) -> None:
    (why, *_) = whys(index, ticket_of("La conexión tunnel", "TunnelClosedException: x"), (), "")
    assert "'conexión'" in why


some_words = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


@given(
    subject=some_words, description=some_words, title=some_words, tags=st.lists(st.sampled_from(WORDS)),
    log=some_words, pasted=some_words, ruled=st.booleans(),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_every_named_word_stands_in_what_is_named(
    index: SearchIndex, subject: str, description: str, title: str, tags: list[str], log: str, pasted: str,
    ruled: bool,
) -> None:  # fmt: skip
    lines = f"{description}\n2026-11-02 09:00:01 ERROR [main] {pasted}\n" if pasted else description
    matches = (rule(title or "x", tuple(tags), ("folder:ring",)),) if ruled else ()
    said = {
        "the ticket": f"{subject}\n{lines}",
        "its log": f"{log}\n{pasted}",
        "a matched rule": f"{title}\n{' '.join(tags)}",
    }
    logged = f"2026-11-02 09:00:02 ERROR [main] {log}" if log else ""
    for why in whys(index, ticket_of(subject, lines), matches, logged):
        for who, words in named(why).items():
            assert words, why
            for word in words:
                assert word.casefold() in said[who].casefold(), (why, who, word)
