"""What we write to Jira's platform in the Cloud fits Atlassian's own schema of its document format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from hercules.answer.dialects import Block, encode
from hercules.answer.reply import write
from hercules.events import TicketOpened
from hercules.model import Evidence, Item, Reply, Suggestion, TicketRef
from tests.answer.test_dialects_back import TEXTS, document
from tests.desks.fakes.jira import JiraFake
from tests.desks.fakes.jira import document as told_document
from tests.desks.kinds import DESK, all_kinds, desk_of

from .packages import Tarball, ask, files_of, or_skip
from .recorded import recorded

pytestmark = pytest.mark.published
PACKAGE = Tarball(
    "@atlaskit/adf-schema",
    "57.7.22",
    "sha512-6v/cNmo2VmOmAjVKZ8lP0LhtnzlHRpnhh1wYG+TrHaa9xB/aFHv+iRGyJxb6f5fZniV7wR2AJTAwOmntwQD3cw==",
)
SCHEMA = "dist/json-schema/v1/full.json"


@cache
def schema() -> Any:
    """Atlassian's schema."""
    folder = or_skip(lambda: files_of(PACKAGE, SCHEMA))
    return json.loads((folder / SCHEMA).read_bytes())


def misfits(documents: Sequence[Any]) -> list[Any]:
    """What of the documents does not fit."""
    (found,) = ask("validate", {"draft": "4", "cases": [{"schema": schema(), "values": list(documents)}]})
    return [(one, wrong) for one, wrong in zip(documents, found, strict=True) if wrong]


def as_adf(blocks: tuple[Block, ...]) -> Any:
    return json.loads(encode(blocks, "adf"))


def test_every_hostile_text_makes_a_valid_document() -> None:
    assert len(TEXTS) >= 120
    assert misfits([as_adf(document(text)) for text in TEXTS]) == []


def suggestion(text: str) -> Suggestion:
    """A suggestion with the text in every place there is."""
    proof = Evidence(text, 812, None, text, ((0, 1),))
    item = Item(
        title=text,
        why=text,
        confidence=0.9,
        article_id=f"folder:{text}",
        url="https://kb.test/open-files",
        rule_id="jira-files",
        rule_status="stable",
        severity="high",
        message=text,
        evidence=(proof,),
        count=1,
    )
    return Suggestion("s1", DESK, "10002", (item, item))


def written(text: str) -> list[Reply]:
    """Our note and our reply of it, and the reply with an engineer's own words."""
    whole, review = suggestion(text), "http://127.0.0.1:8321/review/s1"
    note, reply = write(whole, "note", "adf", review_url=review), write(whole, "reply", "adf")
    return [note, reply, write(whole, "reply", "adf", text=text, approved=True)]


def test_whole_notes_and_replies_are_valid_documents() -> None:
    made = [json.loads(reply.body) for text in TEXTS for reply in written(text)]
    assert misfits(made) == []


def test_what_our_desk_sends_is_valid_and_what_our_fake_tells_too() -> None:
    kind = next(kind for name, kind in all_kinds().items() if name == "jira-platform")
    with recorded(JiraFake()) as (fake, told):
        desk = desk_of(kind, fake.url)
        for number, reply in enumerate(written(TEXTS[0])):
            desk.post(reply, f"H-{number}")
        sent = [asked.json["body"] for asked in told.take()]
        fake.say("10002", "still so\n\nand again")
        opened = desk.read_ticket(TicketRef(DESK, "10002"))[0]
        issue, *pages = (json.loads(said.raw) for _, said in told.pairs)
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    assert opened.ticket.description == "It says\nERROR boom"
    told_of = [issue["fields"]["description"], *(each["body"] for page in pages for each in page["comments"])]
    assert len(sent) == 3
    assert len(told_of) == 5
    assert misfits([*sent, *told_of]) == []


def test_the_schema_tells_what_is_wrong() -> None:
    """Were it to take anything, the tests above would prove nothing."""
    good = told_document("x")
    wrong = [
        {},
        {**good, "version": 2},
        {**good, "content": [{"type": "text", "text": "x"}]},
        {**good, "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]},
        {**good, "content": [{"type": "paragraph", "content": [{"type": "mention"}]}]},
        {**good, "content": [{"type": "codeBlock", "content": [{"type": "paragraph", "content": []}]}]},
        {**good, "invented": True},
    ]
    assert misfits([good]) == []
    assert len(misfits(wrong)) == len(wrong)
