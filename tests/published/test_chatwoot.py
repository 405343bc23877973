"""Chatwoot's own client library asks our imitation of its API, and our desk asks it the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.desks.fakes.chatwoot import (
    ACCOUNT,
    AGENT,
    BOT,
    CONTACT,
    LOG,
    START,
    TOKEN,
    ChatwootFake,
    conversation,
    message,
)
from tests.desks.fakes.server import path_of
from tests.desks.kinds import NOW, all_kinds, desk_of
from tests.desks.servers import Asked

from .packages import ask
from .recorded import Told, recorded, used

pytestmark = pytest.mark.published
SAID = "**Try** this."
# From Chatwoot's own code: the library neither sorts conversations nor turns the pages of messages.
BEYOND = {"conversations": {"sort_by"}, "messages": {"before", "after"}}


@pytest.fixture
def account() -> Iterator[tuple[ChatwootFake, Told]]:
    """Two conversations, one of them resolved; the first has messages of all kinds and a file."""
    with recorded(ChatwootFake()) as (fake, told):
        file = {"id": 5, "message_id": 103, "file_type": "file", "account_id": ACCOUNT}
        file |= {"data_url": f"{fake.url}/rails/a.log", "file_size": len(LOG)}
        fake.messages[1] += [
            message(101, 1, "Since when?", AGENT),
            message(102, 2, "Grace was assigned", None),
            message(103, 0, None, CONTACT, attachments=[file]),
        ]
        resolved = {"status": "resolved", "last_activity_at": START + 100, "timestamp": START + 100}
        fake.conversations[2] = conversation(2, **resolved)
        fake.messages[2] = [message(90, 0, "Thanks", CONTACT, conversation_id=2)]
        yield fake, told


def ours(fake: ChatwootFake, told: Told) -> list[Asked]:
    """All the requests of a desk."""
    desk = desk_of(all_kinds()["chatwoot"], fake.url)
    assert all(each.ok is not False for each in desk.probe())
    assert list(desk.list_recent(NOW.replace(hour=0)))
    return used(desk, told, LOG, "markdown", SAID)


def names(asked: Asked) -> set[str]:
    return {name for name, _ in parse_qsl(urlsplit(asked.path).query)}


def place(asked: Asked) -> str:
    """Method and path; all is about the first conversation or about the second."""
    return f"{asked.method} {path_of(asked)}".replace("/conversations/2", "/conversations/1")


def test_it_understands_our_fake_and_asks_as_our_desk_does(account: tuple[ChatwootFake, Told]) -> None:
    fake, told = account
    we = ours(fake, told)
    del fake.messages[1][4:]
    given = {"url": fake.url, "token": TOKEN, "account": ACCOUNT, "conversation": 1, "said": SAID}
    read = ask("chatwoot", given)
    they = told.take()

    assert (read["me"]["id"], read["me"]["accounts"][0]["id"]) == (BOT, ACCOUNT)
    assert [(each["id"], each["status"]) for each in read["listed"]] == [(2, "resolved"), (1, "open")]
    shown = read["conversation"]
    assert (shown["meta"]["sender"]["email"], shown["labels"]) == ("ada@customer.example", ["shop"])
    assert [(each["message_type"], (each["sender"] or {}).get("type")) for each in read["messages"]] == [
        (0, "contact"),
        (1, "user"),
        (2, None),
        (0, "contact"),
    ]
    (file,) = read["messages"][3]["attachments"]
    assert (file["data_url"], file["file_size"]) == (f"{fake.url}/rails/a.log", len(LOG))
    assert [(read[each]["content"], read[each]["private"]) for each in ("note", "reply")] == [
        (SAID, True),
        (SAID, False),
    ]

    known: dict[str, set[str]] = {}
    for asked in they:
        known.setdefault(place(asked), set()).update(names(asked))
    for asked in we:
        beyond = BEYOND.get(path_of(asked).rpartition("/")[2], set())
        assert names(asked) <= known[place(asked)] | beyond, f"{asked.method} {asked.path}"
    assert len({asked.headers["api_access_token"] for asked in (*we, *they)}) == 1
    written = [[asked.json for asked in each if asked.method == "POST"] for each in (we, they)]
    assert written[0] == written[1]
    assert len(written[0]) == 2


def test_an_answer_of_another_shape_is_not_understood(account: tuple[ChatwootFake, Told]) -> None:
    """Were the library to take anything, the test above would prove little."""
    fake, _ = account
    given: dict[str, Any] = {"url": fake.url, "token": TOKEN, "account": ACCOUNT, "conversation": 1}
    fake.messages[1][0] = message(100, 0, "x", CONTACT, "2026-01-02")  # type: ignore[arg-type]  # a time of another form
    with pytest.raises(AssertionError, match="validation error"):
        ask("chatwoot", {**given, "said": SAID})
