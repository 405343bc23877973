"""`hercules kb eval` and `export-labels` as somebody with a few labelled tickets runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hercules import library
from hercules.cli.kb_labels import reviewed_labels
from hercules.desks.proof import sign_standard, standard_key
from hercules.sources.folder import FolderSource
from hercules.store import suggestions
from tests.commands import Ran, run
from tests.processes import Process, processes
from tests.serving import DESK, TROUBLE, inline, serving, ticket_body

KEYS = [
    "queries", "map", "mrr@10", "ndcg@10", "p@1", "p@5", "recall@10", "recall@50", "empty", "ms_p50",
    "ms_p99",
]  # fmt: skip
ARTICLES: list[dict[str, object]] = [
    {"id": "pool", "title": "The connection pool is exhausted", "body": "Raise the size of the pool."},
    {
        "id": "disk",
        "title": "The disk of the archive is full",
        "body": "Remove old segments.",
        "tags": ["disk"],
    },
    {"id": "login", "title": "Users cannot sign in", "body": "Renew the certificate.", "product": "gateway"},
]
QUERIES: list[dict[str, object]] = [
    {"id": "q1", "text": "All connections of the pool are in use"},
    {
        "id": "q2",
        "subject": "Archive",
        "description": "Hello,\nthe disk is full.",
        "log": "ERROR disk is full",
    },
    {"id": "q3", "text": "Please send the invoice to our new address"},
]
JUDGEMENTS = "q1\tpool\t2\nq1\tdisk\t0\nq2\tdisk\t1\n"


def lines(values: Sequence[Mapping[str, object]]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "set"
    found.mkdir()
    (found / "articles.jsonl").write_text(lines(ARTICLES))
    (found / "queries.jsonl").write_text(lines(QUERIES))
    (found / "judgements.tsv").write_text(JUDGEMENTS)
    return found


def judge(folder: Path, *args: object) -> Ran:
    return run("kb", "eval", folder, *args, folder=folder.parent)


def test_json_is_one_object_of_the_promised_keys(folder: Path) -> None:
    ran = judge(folder, "--json")
    assert ran.code == 0
    assert list(ran.json) == KEYS
    assert (ran.json["queries"], ran.json["mrr@10"], ran.json["p@1"], ran.json["p@5"]) == (2, 1, 1, 0.2)
    assert ran.json["empty"] == 0
    assert 0 < ran.json["ms_p50"] <= ran.json["ms_p99"]
    assert ran.err == "1 of 3 questions have no article that answers them\n"
    assert not list(Path(folder.parent).glob("data*")), "nothing is written where it is run"


def test_people_read_intervals_and_halves(folder: Path) -> None:
    ran = judge(folder)
    assert ran.lines[0] == "2 questions, 3 articles"
    assert "95% interval" in ran.lines[1]
    assert any(line.startswith("mrr@10") and "100.0 to 100.0" in line for line in ran.lines)


def test_other_questions_builders_and_engines(folder: Path) -> None:
    other = folder / "other.jsonl"
    other.write_text(lines([{"id": "q1", "text": "disk"}, {"id": "q2", "text": "disk full"}]))
    ran = judge(folder, "--queries", other, "--json", "--engine", "whoosh", "--builder", "raw", "--limit", 1)
    assert ran.json["mrr@10"] == 0.5
    assert ran.err == ""
    assert "--builder" in judge(folder, "--builder", "best").complaint(2)
    assert "--engine" in judge(folder, "--engine", "grep").complaint(2)
    assert "--half" in judge(folder, "--half", "better").complaint(2)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("articles.jsonl", lines(ARTICLES[:1] * 2), "articles.jsonl:2: the id 'pool' is doubled"),
        ("articles.jsonl", "", "articles.jsonl: there is no article"),
        ("queries.jsonl", lines(QUERIES) + "{\n", "queries.jsonl:4: this is no JSON"),
        ("judgements.tsv", JUDGEMENTS + "q9\tpool\t1\n", "judgements.tsv:4: there is no question 'q9'"),
        ("judgements.tsv", JUDGEMENTS + "q1\tnone\t1\n", "judgements.tsv:4: there is no article 'none'"),
    ],
)
def test_a_bad_file_is_named_with_its_line(folder: Path, name: str, text: str, place: str) -> None:
    (folder / name).write_text(text)
    assert place in judge(folder).complaint(2)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "judgements.tsv").unlink()
    assert "judgements.tsv: No such file" in judge(folder).complaint(2)
    assert "none.jsonl" in judge(folder, "--queries", folder / "none.jsonl").complaint(2)


def test_without_an_answerable_question_there_is_nothing_to_judge(folder: Path) -> None:
    (folder / "judgements.tsv").write_text("")
    ran = judge(folder)
    assert ran.code == 2
    assert "no question is left" in ran.err


def test_a_threshold_is_chosen_for_a_precision(folder: Path) -> None:
    ran = judge(folder, "--threshold", "0.9")
    assert ran.code == 0
    assert ran.lines[0].startswith("say_from = 0.")
    assert "2 of 2 answers right" in ran.out
    assert "silent on 100.0% of the unanswerable" in ran.out
    assert "[desks.NAME]" in ran.out
    chosen = judge(folder, "--threshold", "0.9", "--json").json
    assert chosen["chosen"]["precision"] == 1.0
    assert chosen["present"]["say_from"] == 0.55
    assert "kb.hold_from" not in ran.out
    (folder.parent / "hercules.toml").write_text("[kb]\nhold_from = 1.0\n")
    assert (
        "Below kb.hold_from = 1 nothing is shown: lower that too." in judge(folder, "--threshold", "0.9").out
    )
    (folder / "judgements.tsv").write_text("q3\tpool\t1\n")
    assert judge(folder, "--threshold", "0.9").lines[0] == "No threshold answers with a precision of 0.90."


# --- labels of one's own reviews --------------------------------------------------------------------


def post(service: Process, ticket_id: str) -> None:
    """A signed ticket with words and a log that a rule answers."""
    log = inline("app.log", TROUBLE.format(word=f"w{ticket_id}").encode())
    words = f"Writes fail on {ticket_id}. Ask ann.other@example.com about the quota."
    raw = json.dumps(ticket_body(ticket_id, description=words, attachments=[log])).encode()
    key = standard_key(service.secret, "test")
    headers = sign_standard([key], f"msg-{ticket_id}", datetime.now(UTC), raw)
    assert service.client.post(f"/hooks/{DESK}", content=raw, headers=headers).status_code == 202


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with processes(tmp_path_factory.mktemp("service")) as found:
        found.start()
        for ticket_id in ("good", "bad", "open"):
            post(found, ticket_id)
            assert found.desk.wait_for(ticket_id, "note")
        listed = run("review", "list", "--show", "all", "--json", "--config", found.config).json
        ids = {row["ticket_id"]: row["suggestion_id"] for row in listed}
        assert run("review", "approve", ids["good"], "--by", "A", "--config", found.config).code == 0
        reject = ("review", "reject", ids["bad"], "--by", "A", "--reason", "wrong", "--config", found.config)
        assert run(*reject).code == 0
        yield found


def test_reviews_become_labels_that_eval_reads(service: Process, tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    ran = run("kb", "export-labels", folder, "--config", service.config)
    assert ran.code == 0, ran
    assert ran.out.startswith("2 reviewed tickets, 1 of them with an accepted article")
    rows = [line.split("\t") for line in (folder / "judgements.tsv").read_text().splitlines()]
    assert {(row[0].partition("/")[2], row[2]) for row in rows} == {("good", "1"), ("bad", "0")}
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    assert all(each["description"].startswith("Writes fail on ") for each in asked)
    assert all("disk quota" in each["log"] for each in asked)
    assert "ann.other" not in (folder / "queries.jsonl").read_text()
    judged = run("kb", "eval", folder, "--json", "--config", service.config)
    assert judged.json["queries"] == 1
    assert "not empty" in run("kb", "export-labels", folder, "--config", service.config).complaint(2)
    other = run("kb", "export-labels", tmp_path / "x", "--desk", "none", "--config", service.config)
    assert "no desk 'none'" in other.complaint(2)


def test_an_accepted_answer_whose_article_is_gone_labels_no_other(tmp_path: Path) -> None:
    """The second answer of the list was not what the engineer accepted."""
    with serving(tmp_path) as served:
        pages = served.house.folders.articles
        asked = "Nightly exports stall behind the gateway proxy"
        (pages / "stall.md").write_text(f"# {asked}\n\n## Symptoms\n\n{asked}, and no report is written.\n")
        for number in range(20):
            (pages / f"page{number}.md").write_text(f"# Page {number}\n\nOrdinary text of number {number}.\n")
        library.pull(served.house, FolderSource(pages))
        library.sync(served.house)
        log = inline("app.log", TROUBLE.format(word="w1").encode())
        body = ticket_body("T-1", asked, description=f"{asked}, and no report is written.", attachments=[log])
        assert served.post(body).status_code == 202
        told = served.ticket("T-1")
        with served.house.db.read() as conn:
            stored = suggestions.of_ticket(conn, DESK, "T-1")
        assert stored is not None
        keys = [item.article_id for item in stored.suggestion.items]
        assert len(keys) > 1, keys
        given = {"verdict": "approve", "version": told["version"], "reviewer": "Ann"}
        path = f"/api/suggestions/{told['suggestion_id']}/review"
        served.client.post(path, json=given, headers=served.api()).raise_for_status()
        house = served.house
        assert reviewed_labels(house, house.desk_ids).judged == {f"{DESK}/T-1": {keys[0]: 1}}
        (pages / f"{keys[0].partition(':')[2]}.md").unlink()
        library.pull(house, FolderSource(pages))
        left = reviewed_labels(house, house.desk_ids)
        assert (left.questions, left.judged) == ((), {})
        assert keys[1] in {each.id for each in left.articles}
