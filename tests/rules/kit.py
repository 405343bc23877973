"""Short ways to make rules, files and scans in tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from hercules.logs.lines import shape_of
from hercules.model import Limits, LogFile, Match, Refusal, Scan, Ticket
from hercules.rules.database import Engine, Ruleset, compile_rules
from hercules.rules.nouns import Rule
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.scan import scan

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
HEAD = "id: rule-one\ntitle: A rule\nproduct: demo\n"


def load(*texts: str) -> tuple[tuple[Rule, ...], tuple[Refusal, ...]]:
    """Rules of files named r0.yaml, r1.yaml ..."""
    files = [RuleFile(f"r{number}.yaml", text.encode(), "demo") for number, text in enumerate(texts)]
    return read_rules(files)


def rules(*texts: str, engine: Engine = "auto") -> Ruleset:
    """A compiled set; no text may have an error."""
    found, refusals = load(*texts)
    errors = [str(refusal) for refusal in refusals if refusal.code.startswith("E-")]
    assert not errors, errors
    return compile_rules(found, refusals, engine)


def rule(body: str, engine: Engine = "auto") -> Ruleset:
    """A compiled set of one rule whose id and title do not matter."""
    return rules(HEAD + body, engine=engine)


def codes(*texts: str) -> list[str]:
    """The codes of all findings."""
    return [refusal.code for refusal in load(*texts)[1]]


def refused(body: str) -> Refusal:
    """The first error of a rule with this body."""
    return next(refusal for refusal in load(HEAD + body)[1] if refusal.code.startswith("E-"))


def log(text: str | bytes, name: str = "app.log", chunk: int = 0, encoding: str = "utf-8") -> LogFile:
    """A text as a file, whole or in chunks of so many bytes."""
    data = text.encode() if isinstance(text, str) else text
    size = chunk or max(len(data), 1)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return LogFile(name, encoding, iter(pieces), shape_of(data[:65_536], AS_OF))


def run(
    ruleset: Ruleset,
    *files: LogFile | str | bytes,
    ticket: Ticket | None = None,
    limits: Limits | None = None,
) -> Scan:
    """A scan without redaction."""
    opened = [one if isinstance(one, LogFile) else log(one) for one in files]
    return scan(opened, ruleset, limits or Limits(), ticket, lambda text: text)


def one(found: Scan) -> Match:
    """The only match."""
    assert len(found.matches) == 1, found.matches
    return found.matches[0]


def ticket(subject: str = "", description: str = "", **fields: str | tuple[str, ...]) -> Ticket:
    """A ticket with these fields."""
    made = {"desk_id": "d", "ticket_id": "1", **fields}
    return Ticket(subject=subject, description=description, opened_at=AS_OF, **made)  # type: ignore[arg-type] # texts and tags mixed


def stamped(lines: Iterable[tuple[int, str]]) -> str:
    """Lines written so many seconds after ten o'clock."""
    return "".join(
        f"2026-10-05 10:{second // 60:02d}:{second % 60:02d},000 {text}\n" for second, text in lines
    )
