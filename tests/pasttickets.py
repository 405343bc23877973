"""Past tickets for a backtest: seeded, some with logs of known errors, some only words, some beyond help."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.commands import ROOT

# Rules of the starter set with a log, the frequent ones first; each is as often as its weight says.
RULES: tuple[tuple[str, int], ...] = (
    ("redis/redis-replica-output-buffer", 8),
    ("jira/jira-too-many-open-files", 6),
    ("postgresql/postgresql-too-many-clients", 5),
    ("nginx/nginx-worker-connections", 4),
    ("kubernetes/kubernetes-oom-killed", 3),
    ("confluence/confluence-cluster-panic", 2),
    ("elasticsearch/elasticsearch-flood-stage-watermark", 1),
)
WORDS = (
    (
        "How can I roll back a deployment?",
        "We released version {n} of our basket service to the Kubernetes cluster and totals are wrong. "
        "How do I roll back the deployment to the revision before?",
        "kubernetes",
    ),
    (
        "Forgot the administrator password",
        "We inherited Jira server {n}, and nobody has the login of an administrator. How do we get in?",
        "jira",
    ),
)
HOPELESS = (
    ("Parking invoice {n} charged twice", "The garage has billed my parking space two times. Please refund."),
    ("New street address", "Our office relocates to house {n}. Please post all invoices to the new address."),
    ("Thank you", "Your colleague on line {n} was very kind. Please tell her."),
)
# Errors that no rule knows, the frequent ones first; numbers and ids differ from ticket to ticket.
UNKNOWN: tuple[tuple[str, int], ...] = (
    ("ERROR [worker-{n}] com.example.Ledger - ledger {n} is out of balance by {n} cents", 5),
    ("ERROR [worker-{n}] com.example.Label - printer {n} wants paper of another size", 3),
    ("ERROR [worker-{n}] com.example.Route - no truck of depot {n} can take parcel {n}", 1),
)
SHARES = {"log": 50, "words": 15, "hopeless": 20, "unknown": 15}
VAGUE = ("It does not work", "Trouble since this morning", "Please have a look", "Errors again")
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass(slots=True)
class Made:
    """What was made: how many tickets of each kind, and how often each rule and each error is in them."""

    tickets: Path
    logs: Path
    kinds: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, object]] = field(default_factory=list)


def make(folder: Path, count: int = 500, seed: int = 500) -> Made:
    """`tickets.jsonl` and `logs/<id>/` in a folder; the same for the same seed."""
    rng = random.Random(seed)
    made = Made(folder / "tickets.jsonl", folder / "logs")
    made.logs.mkdir()
    for number in range(1, count + 1):
        (kind,) = rng.choices(list(SHARES), list(SHARES.values()))
        made.kinds[kind] += 1
        row = _ticket(rng, made, kind, f"T-{number}")
        made.rows.append({**row, "created_at": (START + timedelta(hours=number)).isoformat()})
    made.tickets.write_text("".join(json.dumps(row) + "\n" for row in made.rows), encoding="utf-8")
    return made


def _ticket(rng: random.Random, made: Made, kind: str, ticket_id: str) -> dict[str, object]:
    number = str(rng.randrange(100, 99_999))
    if kind == "words":
        subject, text, product = rng.choice(WORDS)
        return {"id": ticket_id, "subject": subject, "description": text.format(n=number), "product": product}
    if kind == "hopeless":
        subject, text = rng.choice(HOPELESS)
        return {
            "id": ticket_id,
            "subject": subject.format(n=number),
            "description": text.format(n=number),
            "tags": ["office"],
        }
    log = _hit(rng, made) if kind == "log" else _unknown(rng, made)
    (made.logs / ticket_id).mkdir()
    (made.logs / ticket_id / "app.log").write_text(log, encoding="utf-8")
    return {
        "id": ticket_id,
        "subject": rng.choice(VAGUE),
        "description": f"See the log. Our number is {number}.",
    }


def _hit(rng: random.Random, made: Made) -> str:
    """The hit log of a rule, with lines of no meaning planted before and behind it."""
    names, weights = zip(*RULES, strict=True)
    (name,) = rng.choices(names, weights)
    made.rules[name.partition("/")[2]] += 1
    log = (ROOT / "sample_logs" / name / "hit1.log").read_text(encoding="utf-8")
    return f"begin of excerpt {rng.random()}\n{log.rstrip()}\nend of excerpt {rng.random()}\n"


def _unknown(rng: random.Random, made: Made) -> str:
    """A quiet log with one error that no rule knows, more than once."""
    texts, weights = zip(*UNKNOWN, strict=True)
    (text,) = rng.choices(texts, weights)
    made.errors[text] += 1
    lines = []
    for minute in range(40):
        at = f"2026-03-01 09:{minute:02}:07,{rng.randrange(1000):03}"
        said = text if minute in (11, 29) else "INFO  [worker-{n}] com.example.Main - request {n} answered"
        while "{n}" in said:
            said = said.replace("{n}", str(rng.randrange(10, 99_999)), 1)
        lines.append(f"{at} {said}")
    return "\n".join(lines) + "\n"


def write_csv(made: Made, path: Path, separator: str = ",") -> None:
    """The same tickets as a spreadsheet would export them."""
    names = ("id", "subject", "description", "created_at", "product", "tags")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=separator)
        writer.writeheader()
        for row in made.rows:
            tags = row.get("tags")
            writer.writerow({**row, "tags": ";".join(tags) if isinstance(tags, list) else ""})
