"""The worked example of the documentation, run as it stands against a small desk with a JSON of its own."""

from __future__ import annotations

import json
import re
import shlex
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hercules import library
from hercules.desks import mapper
from hercules.desks.generic import config as generic_config
from hercules.settings import DeskSettings, load_settings
from hercules.web.service import Service, bind
from hercules.wiring import build, close, first_token, sources
from hercules.worker import Worker
from tests.desks.servers import Asked, FakeDesk, Reply, fake_desk
from tests.serving import wait_for

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "desks" / "generic.md"
DESK_HOST = "desk.example.internal:8080"
HIT = ROOT / "sample_logs" / "redis" / "redis-replica-output-buffer" / "hit1.log"


def fenced(kind: str, text: str) -> list[str]:
    """The fenced blocks of a kind in a page."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)


def example() -> str:
    """The settings of the worked example, as they stand in the page."""
    page = PAGE.read_text(encoding="utf-8")
    (block,) = fenced("toml", page.split("<!-- example: begin -->")[1].split("<!-- example: end -->")[0])
    return block


SET = tomllib.loads(example())["desks"]["acme"]


class Acme:
    """The desk of the example: issues with comments, an API with a bearer token, and its own JSON."""

    def __init__(self, server: FakeDesk) -> None:
        self.server = server
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.refused: list[str] = []
        self.lookups = 0
        self.lose_answers = 0
        server.answer = self._answer

    def _answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != SET["headers"]["Authorization"]:
            self.refused.append(asked.path)
            return 401, {"error": "who are you?"}, {}
        url = urlsplit(asked.path)
        if url.path == "/files/7":
            return 200, HIT.read_bytes(), {}
        found = re.fullmatch(r"/api/issues/(\w+)/comments", url.path)
        if found is None:
            return 404, {"error": "no such page"}, {}
        if asked.method == "POST":
            return self._add(found[1], asked.json)
        self.lookups += 1
        marker = parse_qs(url.query)["marker"][0]
        return 200, {"comments": [each for each in self.of(found[1]) if each["marker"] == marker]}, {}

    def _add(self, issue: str, said: dict[str, Any]) -> Reply:
        comments = self.comments.setdefault(issue, [])
        comments.append({**said, "number": 900 + len(comments)})
        if self.lose_answers:
            self.lose_answers -= 1
            return 502, {"error": "the proxy lost the answer"}, {}
        return 201, {"comment": {"number": comments[-1]["number"]}}, {}

    def of(self, issue: str, internal: bool | None = None) -> list[dict[str, Any]]:
        """The comments of an issue."""
        return [
            each for each in self.comments.get(issue, []) if internal is None or each["internal"] is internal
        ]

    def issue(self, number: int, **more: object) -> dict[str, Any]:
        """The webhook of a new issue with a log, as this desk sends it."""
        issue = {
            "number": number,
            "headline": "Second cache server never gets ready",
            "text_html": "<p>It starts to copy, <b>stops</b> and begins again.</p>",
            "reporter": {"login": "c8", "mail": "c8@example.com"},
            "keywords": "redis, cache",
            "fields": {"product": "redis"},
            "created": int(datetime.now(UTC).timestamp() * 1000),
            "files": [{"filename": "primary.log", "href": "/files/7", "bytes": str(HIT.stat().st_size)}],
        }
        return {"action": "issue.new", "issue": {**issue, **more}}


@dataclass(slots=True)
class Running:
    """The service of the example beside its desk."""

    acme: Acme
    client: httpx.Client
    token: str

    def send(self, body: object, **headers: str) -> int:
        """A webhook with the token of the example; the answer's status."""
        token = {SET["header"]: SET["secrets"][0]["value"], **headers}
        return self.client.post("/hooks/acme", json=body, headers=token).status_code

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        """The ticket as the API tells it, once it was looked at."""

        def ask() -> dict[str, Any] | None:
            response = self.client.get(
                "/api/tickets", params={"desk_id": "acme", "ticket_id": ticket_id}, headers=self.bearer
            )
            return dict(response.json()) if response.status_code == 200 else None

        found: dict[str, Any] | None = wait_for(ask)
        assert found is not None, f"ticket {ticket_id} was not looked at"
        return found

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def approve(self, ticket_id: str) -> int:
        path = f"/api/suggestions/{self.ticket(ticket_id)['suggestion_id']}/review"
        return self.client.post(path, json={"verdict": "approve"}, headers=self.bearer).status_code


@contextmanager
def running(folder: Path, desk: FakeDesk) -> Iterator[Running]:
    """The example with nothing changed but the desk's host and port, over the starter rules and articles."""
    text = example()
    assert DESK_HOST in text
    config = folder / "hercules.toml"
    config.write_text(text.replace(DESK_HOST, desk.host), encoding="utf-8")
    settings = load_settings(config, server={"port": 0})
    sock, settings = bind(settings)
    house = build(settings, exclusive=True)
    token = first_token(house) or ""
    for source in sources(house.folders):
        library.pull(house, source)
    library.sync(house)
    worker, service = Worker(house), Service(house, sock)
    worker.start()
    service.start()
    client = httpx.Client(base_url=house.base_url, timeout=20, trust_env=False)
    try:
        yield Running(Acme(desk), client, token)
    finally:
        client.close()
        service.stop()
        worker.stop()
        close(house)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.chdir(tmp_path)
    with fake_desk() as desk, running(tmp_path, desk) as found:
        yield found


def test_a_ticket_in_the_desks_own_json_gets_a_note_and_after_approval_one_reply(run: Running) -> None:
    assert run.send(run.acme.issue(4711)) == 202
    told = run.ticket("4711")
    first = told["suggestions"][0]
    assert first["rule_id"] == "redis-replica-output-buffer"
    assert first["evidence"][0]["file"] == "primary.log"
    assert told["subject"] == "Second cache server never gets ready"
    assert wait_for(lambda: run.acme.of("4711"))
    (note,) = run.acme.of("4711")
    assert note["internal"] is True
    assert "These answers might be helpful to you" in note["text"]
    assert note["marker"] in note["text"]
    assert [run.approve("4711") for _ in range(3)] == [200, 409, 409]
    assert wait_for(lambda: run.acme.of("4711", internal=False))
    time.sleep(0.3)
    (reply,) = run.acme.of("4711", internal=False)
    assert len(run.acme.of("4711")) == 2
    assert "robot" in reply["text"]
    assert reply["marker"] != note["marker"]
    assert {post["remote_id"] for post in run.ticket("4711")["posts"]} == {"900", "901"}
    assert run.acme.refused == [], "every request of ours carries the desk's token"


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(run: Running) -> None:
    run.acme.lose_answers = 1
    assert run.send(run.acme.issue(5)) == 202
    run.ticket("5")
    assert wait_for(lambda: [post["state"] for post in run.ticket("5")["posts"]] == ["sent"])
    assert run.acme.lookups == 1
    assert len(run.acme.of("5")) == 1
    assert run.ticket("5")["posts"][0]["remote_id"] == "900"


def test_other_news_of_the_desk_are_understood(run: Running) -> None:
    run.send(run.acme.issue(6, files=[], headline="A question", text_html="Nothing known."))
    run.ticket("6")
    comment = {
        "number": 3,
        "text": "We look at it.",
        "internal": False,
        "author": {"login": "e1", "role": "agent"},
    }
    own = {**comment, "number": 4, "author": {"login": "hercules", "role": "agent"}}
    for body in (
        {"action": "issue.comment", "issue": {"number": 6}, "comment": comment},
        {"action": "issue.comment", "issue": {"number": 6}, "comment": own},
        {"action": "issue.done", "issue": {"number": 6}},
        {"action": "issue.moved", "issue": {"number": 6}},
    ):
        assert run.send(body) == 202
    metrics = 'hercules_loops_total{desk="acme"} 1.0'
    assert wait_for(lambda: metrics in run.client.get("/metrics").text), run.client.get("/metrics").text


@pytest.mark.parametrize("token", ["", "wrong", "Bearer choose-a-long-one-5e0b7c4d91f2"])
def test_without_the_token_nothing_is_taken(run: Running, token: str) -> None:
    assert run.send(run.acme.issue(7), **{SET["header"]: token}) == 401


def test_the_curl_command_of_the_page_works_as_written(run: Running) -> None:
    (command,) = [block for block in fenced("sh", PAGE.read_text()) if block.startswith("curl")]
    words = shlex.split(command.replace("\\\n", " "))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1]
    address = urlsplit(next(word for word in words if word.startswith("http://")))
    assert address.netloc == "127.0.0.1:8321"
    response = run.client.post(address.path, content=body.encode(), headers=headers)
    assert response.status_code == 202
    assert response.json() == {"status": "accepted"}
    assert json.dumps(response.json()) in PAGE.read_text()
    first = run.ticket("4711")["suggestions"][0]
    assert first["rule_id"] == "nginx-worker-connections"
    assert first["evidence"][0]["text"] in body
    assert wait_for(lambda: run.acme.of("4711", internal=True))


def test_the_page_names_every_setting_and_every_key_of_the_map() -> None:
    page = PAGE.read_text(encoding="utf-8")
    models = (
        DeskSettings,
        generic_config.GenericSettings,
        generic_config.PostSettings,
        generic_config.LookupSettings,
        generic_config.FoundSettings,
    )
    names = {name for model in models for name in model.model_fields} | set(mapper._KEYS)
    names |= {
        "author_kind",
        "author_id",
        "private",
        "content_base64",
        "split",
        "default",
        "rated",
        "reopened",
    }
    missing = sorted(name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", page))
    assert missing == []


def test_the_readme_shows_the_very_same_example() -> None:
    assert example() in fenced("toml", (ROOT / "README.md").read_text(encoding="utf-8"))
