"""Conditions on the ticket: yes, no, unknown, and rules that stand on a ticket's words alone."""

from __future__ import annotations

import pytest

from hercules.model import Ticket
from tests.rules.kit import one, rule, run, ticket

LOG = "2026-10-05 10:00:00,000 INFO start\n2026-10-05 10:00:01,000 ERROR telling words here\n"
SET = "set: {match: [telling words]}\n"


def verdict(when: str, asked: Ticket | None) -> str:
    """`no`, `yes`, or the names of the unknown conditions, of a rule whose pattern is in the log."""
    found = run(rule(SET + when), LOG, ticket=asked).matches
    return ",".join(found[0].unverified) or "yes" if found else "no"


@pytest.mark.parametrize(
    ("when", "asked", "truth"),
    [
        ("product: jira", ticket(product="JIRA"), "yes"),
        ("product: [jira, confluence]", ticket(product="confluence"), "yes"),
        ("product: jira", ticket(product="confluence"), "no"),
        ("product: jira", ticket(), "product"),
        ("product: jira", None, "product"),
        ("desk: d", ticket(), "yes"),
        ("desk: e", ticket(), "no"),
        ("request_type: incident", ticket(request_type="Incident"), "yes"),
        ("request_type: incident", ticket(request_type="question"), "no"),
        ("language: en", ticket(language="en-GB"), "yes"),
        ("language: en-US", ticket(language="en_us"), "yes"),
        ("language: en", ticket(language="eng"), "no"),
        ("language: en", ticket(), "language"),
        ("version: '>=9 <9.4'", ticket(version="9.3.1"), "yes"),
        ("version: '>=9 <9.4'", ticket(version="9.4"), "no"),
        ("version: '>=9 <9.4'", ticket(version="latest"), "version"),
        ("version: '>=9 <9.4'", ticket(), "version"),
        ("tags: [java]", ticket(tags=("Java", "x")), "yes"),
        ("tags: [java]", ticket(), "no"),
        ("tags: [java]", None, "tags"),
        ("tags: {all: [a, b]}", ticket(tags=("a",)), "no"),
        ("tags: {all: [a, b]}", ticket(tags=("a", "b")), "yes"),
        ("tags: {none: [a]}", ticket(), "yes"),
        ("tags: {any: [a], none: [b]}", ticket(tags=("a", "b")), "no"),
        ("subject: [disk]", ticket("Disk is full", "x"), "yes"),
        ("subject: [disk]", ticket("x", "Disk is full"), "no"),
        ("description: [disk]", ticket("x", "Disk is full"), "yes"),
        ("text: [disk]", ticket("x", "Disk is full"), "yes"),
        ("text: [disk]", ticket("x", "diskette"), "no"),
        ("text: [disk]", ticket("x", "my_disk"), "no"),
        ("text: ['c++']", ticket("x", "our C++ build"), "yes"),
        ("text: ['c++']", ticket("x", "our C++. And"), "yes"),
        ("text: [virtual private network]", ticket("x", "a Virtual\n  private   network!"), "yes"),
        ('text: ["can\'t log in"]', ticket("I can\u2019t log\u00a0in"), "yes"),
        ("text: [straße]", ticket("STRASSE"), "yes"),
        ("text: [{regex: 'disk (is|was) full'}]", ticket("DISK Was  Full"), "yes"),
        ("text: {any: [disk], none: [floppy]}", ticket("disk floppy"), "no"),
        ("text: {all: [disk, full]}", ticket("disk", "full"), "yes"),
        ("text: [disk]", None, "text"),
    ],
)
def test_conditions(when: str, asked: Ticket | None, truth: str) -> None:
    assert verdict(f"when: {{{when}}}", asked) == truth


def test_fix_is_a_condition() -> None:
    body = "fixed_in: [9.4.2, 9.12.0]"
    assert verdict(body, ticket(version="9.4.1")) == "yes"
    assert verdict(body, ticket(version="9.4.2")) == "no"
    assert verdict(body, ticket()) == "fixed_in"


def test_any_no_silences_whatever_is_unknown() -> None:
    assert verdict("when: {product: jira, desk: e}", ticket()) == "no"
    assert verdict("when: {product: jira, version: '9.x'}", ticket()) == "product,version"


VPN = """\
when:
  request_type: [access, question]
  text: {any: [vpn, virtual private network], none: [{regex: 'outage|down for everyone'}]}
answer: {kb: IT-12, search: vpn setup, message: 'For {product}.'}
"""


def test_a_question_needs_no_log() -> None:
    asked = ticket("Help", "Hi,\nhow do I set up the VPN?", request_type="question")
    match = one(run(rule(VPN), ticket=asked))
    assert (match.kb, match.search, match.count, match.message) == (("IT-12",), "vpn setup", 1, "For demo.")
    evidence = match.evidence[0]
    assert (evidence.file, evidence.line, evidence.time) == ("ticket/description.txt", 2, None)
    assert evidence.text == "how do I set up the VPN?"
    assert [evidence.text[start:end] for start, end in evidence.spans] == ["VPN"]


@pytest.mark.parametrize(
    "asked",
    [
        None,
        ticket(),
        ticket("VPN"),
        ticket("VPN", request_type="incident"),
        ticket("VPN is down for everyone", request_type="question"),
    ],
)
def test_a_question_without_its_words_is_silent(asked: Ticket | None) -> None:
    assert not run(rule(VPN), LOG, ticket=asked).matches


def test_ticket_captures_fill_the_message() -> None:
    body = """\
when:
  text: [{regex: 'error (?P<code>[a-z]+-[0-9]+)', extract: [{name: num, type: number, regex: 'user (\\d+)'}]}]
answer: {message: 'User {num} asks.'}
"""
    match = one(run(rule(body), ticket=ticket("Error ABC-77 for user 12")))
    assert match.message == "User 12 asks."
    assert match.captures == {"code": "abc-77", "num": "12"}


def test_fields_alone_quote_the_subject() -> None:
    match = one(
        run(rule("when: {request_type: access}"), ticket=ticket("Please let me in", request_type="access"))
    )
    assert match.evidence[0].text == "Please let me in"
