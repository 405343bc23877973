"""What today's rules and articles would have said on past tickets; nothing is stored or posted."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from hercules.look import Engines, look
from hercules.model import HerculesError, Item, Part, Requester, Suggestion, Ticket
from hercules.redact import redact
from hercules.text import clean, cut, one_line, whole

EXAMPLES_MAX = 10
TOP_MAX = 20
FIELD_MAX = 1 << 20
_SPLIT = ";"


class BadTickets(HerculesError):
    """A file of past tickets that cannot be read; the message names file and line."""


@dataclass(frozen=True, slots=True)
class PastTicket:
    """A ticket of the past and the files it had."""

    ticket: Ticket
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """What would have been suggested for one ticket."""

    ticket_id: str
    subject: str
    title: str
    why: str
    rule_id: str
    article_id: str
    confidence: float


@dataclass(slots=True)
class Backtest:
    """The sums of a run: `answered` of `tickets` would have had a suggestion at or above the threshold.

    `held` had one below it, for engineers only. `errors` counts masked error lines that nothing explained.
    `examples` are the first of each answer, `alike` more of the same.
    """

    tickets: int = 0
    answered: int = 0
    held: int = 0
    with_logs: int = 0
    answered_with_logs: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    articles: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    not_scanned: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    alike: list[Example] = field(default_factory=list)

    def shown(self) -> list[Example]:
        """Up to ten examples: one for each answer that was given, then more of the same."""
        return [*self.examples, *self.alike][:EXAMPLES_MAX]

    def plain(self) -> dict[str, object]:
        """The sums as JSON can hold them."""
        return {
            "tickets": self.tickets,
            "answered": self.answered,
            "held": self.held,
            "silent": self.tickets - self.answered - self.held,
            "with_logs": self.with_logs,
            "answered_with_logs": self.answered_with_logs,
            "rules": _ranked(self.rules),
            "articles": _ranked(self.articles),
            "examples": [
                {name: getattr(each, name) for name in Example.__dataclass_fields__} for each in self.shown()
            ],
            "unexplained": _ranked(self.errors),
            "not_scanned": _ranked(self.not_scanned),
        }


def _ranked(counts: Counter[str]) -> list[dict[str, object]]:
    """Most frequent first, equal ones by name, so that two runs give the same."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "tickets": count} for name, count in ordered[:TOP_MAX]]


def run(past: Iterable[PastTicket], engines: Engines, tick: Callable[[], None] = lambda: None) -> Backtest:
    """Look at each ticket as the route does. `tick` is called after each one."""
    sums = Backtest()
    for each in past:
        seen = look(each.ticket, each.parts, engines, each.ticket.opened_at, each.ticket.ticket_id)
        _add(sums, each, seen.suggestion, engines.answers.say_from)
        sums.errors.update({error.text for error in seen.scan.errors})
        sums.not_scanned.update({left.reason for left in seen.scan.not_scanned})
        tick()
    return sums


def _add(sums: Backtest, past: PastTicket, suggestion: Suggestion, say_from: float) -> None:
    sums.tickets += 1
    sums.with_logs += bool(past.parts)
    if not suggestion.items:
        return
    best = suggestion.items[0]
    if best.confidence < say_from:
        sums.held += 1
        return
    sums.answered += 1
    sums.answered_with_logs += bool(past.parts)
    sums.rules.update({item.rule_id for item in suggestion.items if item.rule_id})
    sums.articles.update({item.article_id for item in suggestion.items if item.article_id})
    _add_example(sums, past, best)


def _add_example(sums: Backtest, past: PastTicket, best: Item) -> None:
    is_new = (best.rule_id, best.article_id) not in {
        (each.rule_id, each.article_id) for each in sums.examples
    }
    kept = sums.examples if is_new else sums.alike
    if len(kept) < EXAMPLES_MAX:
        subject = cut(redact(one_line(past.ticket.subject)), 80)
        shown = (best.title, best.why, best.rule_id, best.article_id, round(best.confidence, 3))
        kept.append(Example(past.ticket.ticket_id, subject, *shown))


# --- reading past tickets -------------------------------------------------------------------------------


def read_tickets(path: Path, logs: Path | None, now: datetime, desk_id: str = "") -> Iterator[PastTicket]:
    """Past tickets of a `.jsonl` or `.csv` file as those of a desk, with their files from the folder `logs`.

    Each has `id`, `subject` and `description`; also `created_at`, `product`, `version`, `request_type`,
    `tags` (list, or text split at `;`) and `attachments` (names, or objects with `name`). The files of a
    ticket lie in `logs/<id>/`, or in `logs` under their names. Raises BadTickets naming file and line.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _jsonl_rows(path)
    for where, row in rows:
        yield _past(where, row, logs, now, desk_id)


def _jsonl_rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                raise BadTickets(f"{path}:{number}: not valid JSON; write one ticket a line") from None
            if not isinstance(row, dict):
                raise BadTickets(f"{path}:{number}: a ticket must be a JSON object")
            inner = row.get("ticket")
            yield f"{path}:{number}", inner if isinstance(inner, dict) else row


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    csv.field_size_limit(FIELD_MAX)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.readline()
        file.seek(0)
        reader = csv.DictReader(file, delimiter=";" if head.count(";") > head.count(",") else ",")
        try:
            for row in reader:
                yield f"{path}:{reader.line_num}", dict(row)
        except csv.Error as error:
            raise BadTickets(f"{path}:{reader.line_num}: {error}") from None


def _past(where: str, row: dict[str, object], logs: Path | None, now: datetime, desk_id: str) -> PastTicket:
    ticket_id = _text(row, "id") or _text(row, "ticket_id")
    if not ticket_id:
        has = ", ".join(cut(one_line(clean(str(name))), 40) for name in list(row)[:10] if name)
        raise BadTickets(f"{where}: a ticket needs an id; here is {has or 'nothing'}")
    ticket = Ticket(
        desk_id=desk_id or "backtest",
        ticket_id=ticket_id,
        subject=_text(row, "subject"),
        description=_text(row, "description"),
        opened_at=_time(where, _text(row, "created_at"), now),
        requester=Requester(),
        tags=_list(row.get("tags")),
        product=_text(row, "product"),
        version=_text(row, "version"),
        request_type=_text(row, "request_type"),
    )
    return PastTicket(ticket, tuple(_parts(ticket_id, _names(row.get("attachments")), logs)))


def _text(row: dict[str, object], name: str) -> str:
    value = row.get(name)
    if isinstance(value, str):
        return whole(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in whole(value).split(_SPLIT) if part.strip())
    return tuple(whole(each) for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        named = [each.get("name") if isinstance(each, dict) else each for each in cast(list[object], value)]
        return tuple(whole(each) for each in named if isinstance(each, str))
    return _list(value)


def _time(where: str, text: str, now: datetime) -> datetime:
    if not text:
        return now
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadTickets(f"{where}: created_at {text[:40]!r} is not an ISO time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _parts(ticket_id: str, names: tuple[str, ...], logs: Path | None) -> Iterator[Part]:
    """The files of a ticket. No name of the file can lead out of the folder."""
    if logs is None:
        return
    root = logs.resolve()
    own = _below(root, ticket_id)
    if own is not None and own.is_dir():
        yield from (Part(path.name, path=path) for path in sorted(own.iterdir()) if path.is_file())
        return
    for name in names:
        path = _below(root, name)
        if path is not None and path.is_file():
            yield Part(name, path=path)


def _below(root: Path, name: str) -> Path | None:
    """What is there of this name below the folder; None for nothing, and for names that lead elsewhere."""
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError):  # not there, too long, or with characters that no file name holds
        return None
    return path if path != root and path.is_relative_to(root) else None
