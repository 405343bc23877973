"""The share of a hit: answerable tickets above the threshold, others below."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hercules.kb.article import read_markdown
from hercules.kb.confidence import SIGNALS, START, Signals, rarity, share
from hercules.kb.contract import SearchIndex
from hercules.kb.index import IndexOptions, open_index
from hercules.sources.folder import FolderSource
from hercules.sources.source import SourcePage

from .samples import keys, query_of

STARTER = Path(__file__).parents[2] / "kb_index" / "articles"
HOLD_FROM, SAY_FROM = 0.35, 0.55

ANSWERABLE = [
    (
        "nginx-upload-too-large",
        "Large uploads fail",
        "Files of some megabytes are refused by nginx with 413 Request Entity Too Large.",
    ),
    (
        "kubernetes-image-pull",
        "Pods stuck in ImagePullBackOff",
        "The image can't be pulled from our private registry: unauthorized.",
    ),
    (
        "redis-maxmemory-eviction",
        "Redis evicts keys",
        "Keys vanish from the cache long before their TTL ends; memory is at maxmemory.",
    ),
    (
        "postgresql-wal-disk-full",
        "pg_wal fills the disk",
        "The WAL directory grows; a replication slot that nobody reads is there.",
    ),
    (
        "rabbitmq-heartbeat-timeouts",
        "Missed heartbeats",
        "RabbitMQ clients lose their connection because of missed heartbeats.",
    ),
    (
        "confluence-collaborative-editing",
        "Collaborative editing is off",
        "Since the new reverse proxy pages can't be edited together, the websocket of Synchrony fails.",
    ),
]
OFF_TOPIC = [
    ("New postal address", "Please send invoices to our new billing address, for the purchasing department."),
    ("Parking space", "Hello, how do I get the code of the parking garage for a visit on Thursday?"),
    (
        "Laptop screen flickers",
        "The screen of my notebook flickers when I move the lid. Can I get a new one?",
    ),
    ("Quote for 50 licences", "We want to add 50 users to our contract. Please send a quote with discount."),
    ("Coffee machine", "The coffee machine in the kitchen is broken and shows a red light."),
    ("Mail signature", "How do I change my signature in the mail program? The company changed its name."),
    ("Delete my data", "I ask you to delete all my personal data and to confirm it in writing."),
    ("Badge", "My badge does not open the front door of building B any more."),
]


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    pages = [page for page in FolderSource(STARTER).read() if isinstance(page, SourcePage)]
    if len(pages) < 20:
        pytest.skip("the starter articles are not there")
    index = open_index(tmp_path_factory.mktemp("starter"), IndexOptions())
    index.rebuild(read_markdown(page.name, page.data) for page in pages)
    return index


@pytest.mark.parametrize(("key", "subject", "text"), ANSWERABLE)
def test_distinctive_words_are_said(starter: SearchIndex, key: str, subject: str, text: str) -> None:
    hits = starter.search(query_of(starter, subject, text))
    assert keys(hits)[0] == key
    assert hits[0].share >= SAY_FROM


@pytest.mark.parametrize(("subject", "text"), OFF_TOPIC)
def test_what_nothing_helps_stays_silent(starter: SearchIndex, subject: str, text: str) -> None:
    assert all(hit.share < HOLD_FROM for hit in starter.search(query_of(starter, subject, text)))


def test_shares_never_grow_down_the_list(starter: SearchIndex) -> None:
    for _, subject, text in ANSWERABLE:
        shares = [hit.share for hit in starter.search(query_of(starter, subject, text))]
        assert shares == sorted(shares, reverse=True)
        assert all(0 <= value <= 1 for value in shares)


def test_more_of_each_signal_is_more_sure() -> None:
    some = Signals(0.3, 1.0, 0.3, 1.0)
    for name in SIGNALS:
        assert share(replace(some, **{name: getattr(some, name) + 0.2}), START) > share(some, START)


def test_share_is_bounded() -> None:
    assert 0 < share(Signals(0, 0, -1, 0), START) < 0.01
    assert share(Signals(1, 1e9, 1, 1e9), START) <= 1


def test_rarity_falls_and_stays_positive() -> None:
    values = [rarity(100, count) for count in (1, 2, 10, 50, 100)]
    assert values == sorted(values, reverse=True)
    assert values[-1] > 0
    assert rarity(0, 0) > 0


def test_the_share_of_a_hit_does_not_depend_on_the_limit(starter: SearchIndex) -> None:
    query = query_of(starter, *ANSWERABLE[0][1:])
    assert starter.search(query, 1)[0].share == pytest.approx(starter.search(query, 10)[0].share)
