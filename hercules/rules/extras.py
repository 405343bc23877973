"""Reads what a rule has beside its pattern: answer, tests, severity, and fields kept but not used."""

from __future__ import annotations

from collections.abc import Mapping

import re2

from hercules.model import Severity
from hercules.rules.nouns import SEVERITIES, Answer, RuleTest, SampleKind
from hercules.rules.reading import Reader
from hercules.yamlfile import ListNode, MapNode, Node, TextNode

TICKET_FIELDS = ("product", "version", "tags", "request_type", "desk", "language", "subject", "description")
_APPLICATION_FIELDS = (
    "name",
    "version",
    "processName",
    "processPath",
    "containerName",
    "imageUrl",
    "repoUrl",
)
_METADATA_FIELDS = ("id", "hash", "gen", "generation", "kind", "version", "name")
_NUMBERS = {str(number): name for number, name in enumerate(SEVERITIES)}
_DATE = re2.compile(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
_KB_MAX = 3
_MESSAGE_MAX = 400


def read_severity(reader: Reader, node: Node | None) -> Severity:
    """A severity by name, or by number from 0 for critical."""
    if node is None:
        return "medium"
    if isinstance(node, TextNode) and node.value in _NUMBERS:
        return _NUMBERS[node.value]
    return reader.choice(node, "severity", SEVERITIES, "medium")


def read_answer(reader: Reader, node: Node | None) -> Answer:
    """What helps."""
    table = reader.mapping(node, "answer")
    if table is None:
        return Answer()
    reader.known(table, ("kb", "search", "message"), "answer")
    for key, value in table.pairs:
        reader.blank(value, f"answer.{key.value}")
    kb = table.get("kb")
    named = kb.items if isinstance(kb, ListNode) else (kb,) if kb is not None else ()
    return Answer(
        kb=reader.texts(kb, "kb", _KB_MAX),
        kb_places=tuple(map(reader.place, named)),
        search=reader.text(table.get("search"), "search", _MESSAGE_MAX),
        message=" ".join(reader.text(table.get("message"), "message", _MESSAGE_MAX).split()),
    )


def read_tests(reader: Reader, node: Node | None) -> tuple[RuleTest, ...]:
    """The samples that stand in the rule itself."""
    table = reader.mapping(node, "tests")
    if table is None:
        return ()
    reader.known(table, ("match", "no_match"), "tests")
    kinds: tuple[tuple[str, SampleKind], ...] = (("match", "hit"), ("no_match", "miss"))
    return tuple(
        test
        for part, kind in kinds
        for item in reader.items(table.get(part), part)
        if (test := _test(reader, item, kind)) is not None
    )


def _test(reader: Reader, node: Node, kind: SampleKind) -> RuleTest | None:
    if isinstance(node, TextNode):
        return RuleTest(kind, reader.place(node), log=node.value)
    table = reader.mapping(node, "a test")
    fields = ("log", "ticket", "file")
    if table is None or reader.is_unquoted(table, fields, "the test"):
        return None
    reader.known(table, fields, "a test")
    log, ticket = table.get("log"), reader.mapping(table.get("ticket"), "ticket")
    if log is None and ticket is None:
        reader.refuse(table, "E-value", "a test has a log or a ticket", "Write log: or ticket: below it.")
        return None
    return RuleTest(
        kind,
        reader.place(table),
        log=None if log is None else reader.text(log, "log"),
        ticket=None if ticket is None else _ticket(reader, ticket),
        file=reader.text(table.get("file"), "file"),
    )


def _ticket(reader: Reader, table: MapNode) -> dict[str, str | tuple[str, ...]]:
    reader.known(table, TICKET_FIELDS, "ticket")
    found: dict[str, str | tuple[str, ...]] = {}
    for key, value in table.pairs:
        found[key.value] = (
            reader.texts(value, "tags") if key.value == "tags" else reader.text(value, key.value)
        )
    return found


def read_unused(reader: Reader, fields: Mapping[str, Node]) -> None:
    """Checks the form of what is information only."""
    for name in ("impactScore", "mitigationScore"):
        reader.integer(fields.get(name), name, 0, 10, 0)
    reader.integer(fields.get("reports"), "reports", 0, 999_999_999, 0)
    for name in ("since", "updated", "review_by"):
        text = reader.text(fields.get(name), name)
        node = fields.get(name)
        if node is not None and not _DATE.search(text):
            reader.refuse(node, "E-value", f"{name} is no date", "Write it as 2026-01-31.")
    for item in reader.items(fields.get("applications"), "applications"):
        table = reader.mapping(item, "an application")
        if table is not None:
            reader.known(table, _APPLICATION_FIELDS, "an application")
    metadata = reader.mapping(fields.get("metadata"), "metadata")
    if metadata is not None:
        reader.known(metadata, _METADATA_FIELDS, "metadata", "W-unknown-field")
