"""GitHub: signatures by others, settings, and every call against a fake API on the loopback."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hercules.desks.desk import Desk
from hercules.desks.github import GitHubDesk
from hercules.desks.github.config import GitHubSettings, read_settings
from hercules.events import CommentAdded, TicketClosed, TicketOpened, TicketReopened
from hercules.model import (
    Attachment,
    BadDelivery,
    Delivery,
    DeskError,
    Posted,
    Refused,
    Reply,
    SettingsError,
    TicketRef,
)
from hercules.settings import DeskSettings

from ..published.packages import npm_folder, or_skip
from ..serving import Served, serving, wait_for
from .fakes.github import BOT, LOG, REPOSITORY, TOKEN, GitHubFake, issue, person
from .fakes.server import FAULTS, Answered, Fault, always, in_turn, on_writes, path_of, running
from .github.kind import KIND
from .kinds import DESK, NOW, desk_of
from .servers import Asked, fake_desk

KEY = "H-ABCDEFGH"
TICKET = TicketRef(DESK, f"{REPOSITORY}#1")
SECRET = KIND.secrets[0]
SIGNER = "@octokit/webhooks-methods"
FILE = "/user-attachments/files/1/a.log"


@pytest.fixture
def fake() -> Iterator[GitHubFake]:
    with running(GitHubFake()) as found:
        yield found


def at(fake: GitHubFake, **settings: Any) -> Desk:
    return desk_of(KIND, fake.url, deadline_s=2.0, **settings)


def reply(body: str = "**Try** this. Reference H-ABCDEFGH") -> Reply:
    return Reply(TICKET, "reply", "markdown", body, KEY)


# --- signatures -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def octokit() -> Callable[[str, str], str]:
    """The signer of GitHub's own JavaScript library."""
    folder = or_skip(lambda: npm_folder(f"{SIGNER}@5.1.1"))
    program = (
        "const {sign} = await import('@octokit/webhooks-methods');"
        "console.log(await sign(process.argv[1], process.argv[2]));"
    )

    def sign(secret: str, body: str) -> str:
        command = ["node", "--input-type=module", "-e", program, "--", secret, body]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout.strip()

    return sign


def test_what_githubs_own_library_signs_is_taken(octokit: Callable[[str, str], str]) -> None:
    body = json.dumps(KIND.opened) + " \u00e4 \u2028"
    headers = [(b"x-hub-signature-256", octokit(SECRET, body).encode()), (b"x-github-delivery", b"d-7")]
    desk = desk_of(KIND)
    proof = desk.verify(headers, body.encode(), NOW)
    assert (proof.delivery_id, proof.id_is_signed, proof.sent_at) == ("d-7", False, None)
    with pytest.raises(Refused):
        desk.verify(headers, body.encode() + b" ", NOW)


def test_what_is_signed_separately_is_taken_by_every_active_secret() -> None:
    older, newer = KIND.secrets
    secrets = [{"value": older, "not_after": "2026-01-02T03:04:06"}, {"value": newer}]
    desk = desk_of(KIND, secrets=secrets)
    for secret, now, taken in [(older, NOW, True), (newer, NOW, True), (older, NOW.replace(second=7), False)]:
        headers = KIND.sign(secret, b"{}", NOW).raw_headers
        if taken:
            assert desk.verify(headers, b"{}", now).delivery_id
        else:
            with pytest.raises(Refused):
                desk.verify(headers, b"{}", now)


GOOD = "179bf20a8b9040a32368814a68b0dc270823b5968498e0a73796c4202708ed8d"


@pytest.mark.parametrize(
    "value",
    [
        "", "sha256=", GOOD, f"sha256={GOOD.upper()}", f"SHA256={GOOD}", f"sha256={GOOD[:-1]}",
        f"sha256={GOOD}0", f"sha256= {GOOD}", f" sha256={GOOD}", f"sha256={GOOD},sha256={GOOD}",
        f"sha1={GOOD}", "sha1=d9a014d66df1a07cce236dab2de28e4880a5edca", "sha256=" + "g" * 64,
        "sha256=" + "\u00e4" * 64, "sha256=" + "0" * 5000, "v1,abc",
    ],
)  # fmt: skip
def test_malformed_signatures_are_refused_and_nothing_else(value: str) -> None:
    desk = desk_of(KIND)
    with pytest.raises(Refused):
        desk.verify([(b"x-hub-signature-256", value.encode())], b'{"a":1}', NOW)


def test_flipped_doubled_and_missing_signatures() -> None:
    desk = desk_of(KIND)
    good = ("sha256=" + GOOD).encode()
    desk.verify([(b"x-hub-signature-256", good)], b'{"a":1}', NOW)
    for position in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[position] ^= 1 << bit
            with pytest.raises(Refused):
                desk.verify([(b"x-hub-signature-256", bytes(bad))], b'{"a":1}', NOW)
    for headers in ([], [(b"x-hub-signature-256", good)] * 2, [(b"x-hub-signature", good)]):
        with pytest.raises(Refused):
            desk.verify(headers, b'{"a":1}', NOW)
    with pytest.raises(Refused):
        desk.verify([(b"x-hub-signature-256", good)], b'{"a":1}', NOW, "a-secret-in-the-path")


def test_the_test_delivery_is_taken() -> None:
    desk = desk_of(KIND)
    sent = desk.test_delivery(b'{"hercules_check":"x"}', NOW)
    headers = [(name.encode(), value.encode()) for name, value in sent.headers.items()]
    assert desk.verify(headers, b'{"hercules_check":"x"}', NOW).delivery_id is None
    assert sent.headers["x-github-event"] == "ping"
    assert SECRET not in repr(sent)


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"repositories": []}, "desks.acme.repositories: name at least one"),
        ({"repositories": ["shop"]}, "'shop' is not written as owner/name"),
        ({"repositories": ["a/.."]}, "is not written as owner/name"),
        ({"repositories": ["a/b/c"]}, "is not written as owner/name"),
        ({"token": ""}, "desks.acme.token: write the access token"),
        ({"token": "a b"}, "desks.acme.token: a token is visible ASCII"),
        ({"bot_ids": []}, "desks.acme.bot_ids: write the login"),
        ({"base_url": "http://ghe.example.com/api/v3"}, "desks.acme.base_url: http is not safe"),
        ({"web_url": "http://ghe.example.com"}, "desks.acme.web_url: http is not safe"),
        ({"repository": ["a/b"]}, "desks.acme.repository: no such setting; did you mean repositories?"),
        ({"secrets": []}, "desks.acme.secrets: a desk without any proof"),
    ],
)
def test_slips_in_the_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(DESK, KIND.common(**settings))
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_where_it_may_be_reached() -> None:
    usual = read_settings(DESK, KIND.common(base_url="https://api.github.com"))
    assert usual.reach.hosts == {"api.github.com"}
    assert usual.reach.file_hosts == {"github.com", "objects.githubusercontent.com"}
    own = read_settings(DESK, KIND.common(base_url="https://ghe.example.com/api/v3/"))
    assert (own.api, own.web) == ("https://ghe.example.com/api/v3", "https://ghe.example.com")
    assert own.reach.hosts == {"ghe.example.com"}
    assert own.reach.file_hosts == frozenset()
    assert TOKEN not in repr(own)


def test_what_it_can_do() -> None:
    desk = desk_of(KIND)
    assert (desk.notes, desk.replies, desk.can_find, desk.can_list) == (False, True, True, True)
    assert (desk.dialect, desk.body_max_bytes) == ("markdown", 25 << 20)


# --- posting and finding --------------------------------------------------------------------------


def test_a_reply_is_one_comment_with_the_hidden_marker(fake: GitHubFake) -> None:
    desk = at(fake)
    assert desk.post(reply(), KEY) == Posted("1001")
    (written,) = fake.writes()
    assert written.json == {"body": f"**Try** this. Reference H-ABCDEFGH\n\n<!-- hercules:{KEY} -->"}
    assert written.path == "/repos/octo-org/shop/issues/1/comments"
    assert desk.find_marker(TICKET, KEY) == Posted("1001", found=True)
    assert desk.find_marker(TICKET, "H-OTHERONE") is None


def test_there_are_no_notes(fake: GitHubFake) -> None:
    with pytest.raises(DeskError, match="no internal notes") as caught:
        at(fake).post(replace(reply(), visibility="note"), KEY)
    assert (caught.value.outcome, caught.value.permanent, fake.asked) == ("no", True, [])


def test_a_marker_counts_only_by_our_own_account_and_on_any_page(fake: GitHubFake) -> None:
    fake.page_most = 3
    desk = at(fake)
    fake.say(GitHubFake.ticket_id, f"I read <!-- hercules:{KEY} --> somewhere")
    for number in range(7):
        fake.say(GitHubFake.ticket_id, f"words {number}")
    assert desk.find_marker(TICKET, KEY) is None
    assert len(fake.asked) == 3
    desk.post(reply(), KEY)
    assert desk.find_marker(TICKET, KEY) == Posted("1009", found=True)


def test_the_next_page_is_asked_for_at_the_api_only(fake: GitHubFake) -> None:
    with fake_desk() as other:
        link = f'<{other.url}/repos/x>; rel="next"'
        fake.handle = lambda asked: Answered(200, [], {"link": link})  # type: ignore[method-assign]  # the fake answers so
        with pytest.raises(DeskError, match="next page stands at another place"):
            at(fake).find_marker(TICKET, KEY)
        assert other.asked == []


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_goes_wrong_a_reply_stands_there_once(fake: GitHubFake, name: str) -> None:
    fake.plan = on_writes(FAULTS[name])
    desk = at(fake)
    try:
        desk.post(reply(), KEY)
    except DeskError as error:
        if not (error.outcome == "unknown" and desk.find_marker(TICKET, KEY)):
            assert not fake.posts
            desk.post(reply(), KEY)
    assert len(fake.posts) == 1


def limited(status: int, reset: str) -> Answered:
    return Answered(status, b"{}", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset})


@pytest.mark.parametrize(
    ("said", "outcome", "wait_s", "permanent"),
    [
        (Answered(403, b"{}", {"retry-after": "60"}), "no", 60.0, False),
        (limited(403, "1767323105"), "no", 1.0, False),  # over by now
        (limited(429, "9" * 12), "no", 3600.0, False),
        (limited(403, "soon"), "no", 1.0, False),
        (Answered(403, b"{}", {"x-ratelimit-remaining": "4999"}), "no", None, False),
        (Answered(410, b"{}"), "no", None, True),
        (Answered(301, b"{}", {"location": "/repositories/1"}), "no", None, False),
        (Answered(303, b"{}", {"location": "/x"}), "unknown", None, False),
        (Answered(502, b"{}"), "unknown", None, False),
    ],
)
def test_what_an_answer_to_a_write_means(
    fake: GitHubFake, said: Answered, outcome: str, wait_s: float | None, permanent: bool
) -> None:
    fake.handle = lambda asked: said  # type: ignore[method-assign]  # the fake answers so
    with pytest.raises(DeskError) as caught:
        at(fake).post(reply(), KEY)
    assert (caught.value.outcome, caught.value.retry_after_s, caught.value.permanent) == (
        outcome,
        wait_s,
        permanent,
    )
    assert TOKEN not in str(caught.value)


def test_an_unreadable_answer_after_a_write_is_a_post(fake: GitHubFake) -> None:
    fake.plan = on_writes(Fault("half", acts=True))
    assert at(fake).post(reply(), KEY) == Posted(KEY)


def test_other_repositories_and_odd_ids_are_not_asked_for(fake: GitHubFake) -> None:
    desk = at(fake)
    for ticket_id in (
        "octo-org/other#1",
        "1",
        "octo-org/shop#../user",
        "octo-org/shop#1/x",
        "a/b/octo-org/shop#1",
    ):
        with pytest.raises(DeskError, match="repositories"):
            desk.find_marker(TicketRef(DESK, ticket_id), KEY)
    assert fake.asked == []


# --- lists ----------------------------------------------------------------------------------------

SINCE = datetime(2026, 1, 2, 2, 0, tzinfo=UTC)


def test_recent_issues_comments_closings_and_reopenings_on_all_pages(fake: GitHubFake) -> None:
    fake.page_most = 2
    fake.issues = [
        issue(1),
        issue(2, pull_request={"url": "x"}),
        issue(3, user=person("stale[bot]", "Bot")),
        issue(4, state="closed", closed_at="2026-01-02T03:02:00Z", closed_by=person("engineer-1")),
        issue(5, state_reason="reopened", updated_at="2026-01-02T03:04:00Z"),
        issue(6, updated_at="2026-01-01T00:00:00Z", created_at="2026-01-01T00:00:00Z"),
    ]
    fake.changes[5] = [
        {"event": "closed", "created_at": "2026-01-02T03:01:00Z", "actor": person("engineer-1")},
        {"event": "labeled", "created_at": "2026-01-02T03:01:30Z", "actor": person("engineer-1")},
        {"event": "reopened", "created_at": "2026-01-02T03:03:00Z", "actor": person("customer-9")},
    ]
    fake.say(f"{REPOSITORY}#1", "still so")
    fake.say(f"{REPOSITORY}#3", "thanks, robot")
    fake.say(f"{REPOSITORY}#6", "an old one")
    found = list(at(fake).list_recent(SINCE))
    assert [(type(event), event.ticket_id.partition("#")[2]) for event in found] == [
        (TicketOpened, "1"),
        (CommentAdded, "1"),
        (TicketOpened, "4"),
        (TicketClosed, "4"),
        (TicketOpened, "5"),
        (TicketReopened, "5"),
    ]
    assert found[3].natural_key == f"closed:{REPOSITORY}#4:2026-01-02T03:02:00+00:00"
    assert found[3].actor == "engineer-1"
    assert found[5].at == datetime(2026, 1, 2, 3, 3, tzinfo=UTC)
    assert "since=2026-01-02T02%3A00%3A00Z" in fake.asked[0].path
    assert len([asked for asked in fake.asked if path_of(asked).endswith("/issues")]) == 3


def test_what_a_list_tells_has_the_keys_of_deliveries(fake: GitHubFake) -> None:
    closed = issue(1, state="closed", closed_at="2026-01-02T03:04:00Z")
    fake.issues = [closed]
    fake.say(TICKET.ticket_id, "[more.log](https://desk.example.com/user-attachments/files/10/more.log)")
    desk = at(fake, web_url="https://desk.example.com")
    listed = {event.natural_key for event in desk.list_recent(SINCE)}
    told: set[str] = set()
    for body in (
        {"action": "opened", "issue": issue(1)},
        {"action": "closed", "issue": closed},
        {"action": "created", "issue": closed, "comment": fake.comments[1][0]},
    ):
        whole = {**body, "repository": {"full_name": REPOSITORY}, "sender": person("customer-9")}
        told |= {event.natural_key for event in desk.read(delivery(whole))}
    assert listed == told
    assert len(told) == 4
    assert {event.natural_key for event in desk.read_ticket(TICKET)} < told


def delivery(body: object) -> Delivery:
    return Delivery(DESK, "d", {}, json.dumps(body).encode(), NOW)


def test_an_unreadable_item_is_told_after_the_others(fake: GitHubFake) -> None:
    fake.issues = [issue(1), {**issue(2), "number": "x"}, issue(3)]
    told = at(fake).list_recent(SINCE)
    assert [next(told).ticket_id for _ in range(2)] == [f"{REPOSITORY}#1", f"{REPOSITORY}#3"]
    with pytest.raises(BadDelivery, match=r"1 listed items could not be read; the first: issue\.number"):
        list(told)


@pytest.mark.parametrize("fault", [FAULTS["429"], FAULTS["500"], FAULTS["half JSON"], FAULTS["gzip bomb"]])
def test_a_list_that_cannot_be_read_is_an_error(fake: GitHubFake, fault: Fault) -> None:
    fake.page_most = 1
    fake.issues = [issue(1), issue(2)]
    fake.plan = in_turn(None, None, fault)  # comments, issues, more issues
    told = at(fake).list_recent(SINCE)
    assert next(told).ticket_id == f"{REPOSITORY}#1"
    with pytest.raises(DeskError):
        list(told)


# --- files ----------------------------------------------------------------------------------------


def test_a_file_comes_without_the_token_from_another_host(fake: GitHubFake) -> None:
    with fake_desk() as web, fake_desk() as store:
        store.answer = lambda asked: (200, LOG, {})
        web.answer = lambda asked: (302, b"", {"location": f"{store.url}/signed?x=1"})
        hosts = {"private_hosts": [fake.host, web.host, store.host], "file_hosts": [store.host]}
        desk = at(fake, web_url=web.url, **hosts)
        (file,) = files_of(desk, web.url + FILE)
        assert b"".join(desk.fetch(file, 1 << 20)) == LOG
        assert [asked.path for asked in web.asked + store.asked] == [FILE, "/signed?x=1"]
        for asked in web.asked + store.asked:
            assert TOKEN not in str(asked.headers)


def files_of(desk: Desk, text: str) -> tuple[Attachment, ...]:
    """The files of a new issue with this text."""
    (event,) = desk.read(delivery({**KIND.opened, "issue": issue(1, body=text)}))
    assert isinstance(event, TicketOpened)
    assert event.ticket is not None
    return event.ticket.attachments


def test_files_of_foreign_hosts_are_neither_taken_nor_fetched(fake: GitHubFake) -> None:
    desk = at(fake)
    for text in (
        "https://evil.example/user-attachments/files/1/a.log",
        f"{fake.url}.evil.example/user-attachments/files/1/a.log",
        f"{fake.url}@evil.example/user-attachments/files/1/a.log",
        f"{fake.url}/user-attachments/files/1/..",
        f"{fake.url}/user-attachments/files/x/a.log",
        f"{fake.url}/a/b/c/files/1/a.log",
    ):
        assert files_of(desk, text) == (), text
    for url in ("https://evil.example/a.log", "//evil.example/a.log", "file:///etc/passwd"):
        with pytest.raises(DeskError) as caught:
            list(desk.fetch(Attachment("a.log", url), 100))
        assert caught.value.permanent
    assert fake.asked == []


def test_a_file_is_cut_at_the_limit(fake: GitHubFake) -> None:
    got: list[bytes] = []
    with pytest.raises(DeskError) as caught:
        got.extend(at(fake).fetch(Attachment("a.log", fake.url + FILE), 10))
    assert (b"".join(got), caught.value.permanent) == (LOG[:10], True)


# --- credentials and probing ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["redirect", "redirect, same method"])
def test_the_token_follows_no_redirect(fake: GitHubFake, name: str) -> None:
    with fake_desk() as other:
        fake.elsewhere = f"{other.url}/x"
        fake.plan = always(FAULTS[name])
        desk = at(fake, private_hosts=[fake.host, other.host], file_hosts=[other.host])
        calls: list[Callable[[], object]] = [
            lambda: desk.post(reply(), KEY),
            lambda: desk.find_marker(TICKET, KEY),
            lambda: list(desk.list_recent(SINCE)),
            lambda: list(desk.fetch(Attachment("a.log", fake.url + FILE), 100)),
        ]
        for call in calls:
            try:
                call()
            except DeskError:
                continue
        assert all(TOKEN not in str(asked.headers) for asked in other.asked)
        assert {asked.method for asked in other.asked} <= {"GET"}


def test_the_probe_writes_nothing(fake: GitHubFake) -> None:
    found = list(at(fake).probe())
    assert [(each.name, each.ok) for each in found] == [
        ("account", True),
        (f"reads {REPOSITORY}", True),
        ("writes", None),
    ]
    assert fake.writes() == []


def test_what_the_probe_finds_wrong(fake: GitHubFake) -> None:
    (found,) = at(fake, token="wrong").probe()
    assert (found.ok, "make a new token and set desks.acme.token" in found.detail) == (False, True)
    (found,) = at(fake, bot_ids=["somebody"]).probe()
    assert (found.ok, f"{BOT!r}, which is not in bot_ids" in found.detail) == (False, True)
    kept = fake.handle

    def archived(asked: Asked) -> Answered:
        said = kept(asked)
        whole = path_of(asked) == f"/repos/{REPOSITORY}"
        return Answered(200, {"has_issues": True, "archived": True}) if whole else said

    fake.handle = archived  # type: ignore[method-assign]  # the fake answers so
    assert [each.ok for each in at(fake).probe()] == [True, False, None]
    fake.plan = always(FAULTS["500"])
    assert [each.ok for each in at(fake).probe()] == [False]


# --- the whole way --------------------------------------------------------------------------------


def send(run: Served, body: dict[str, Any], delivery_id: str) -> int:
    """A webhook as GitHub signs it."""
    raw = json.dumps(body).encode()
    headers = {**KIND.sign(SECRET, raw, NOW).headers, "x-github-delivery": delivery_id}
    return run.client.post("/hooks/shop", content=raw, headers=headers).status_code


def test_an_issue_waits_for_approval_and_gets_one_comment(fake: GitHubFake, tmp_path: Path) -> None:
    settings = {**KIND.settings(fake.url), "kind": "github", "secrets": [{"value": SECRET}]}
    with serving(tmp_path, more_desks={"shop": settings}) as run:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"See [a.log]({fake.url}{FILE})"
        body = {**KIND.opened, "issue": issue(1, body=text, created_at=now, updated_at=now)}
        assert [send(run, body, delivery_id) for delivery_id in ("a", "a", "b")] == [202, 202, 202]
        asked = {"desk_id": "shop", "ticket_id": TICKET.ticket_id}

        def ask() -> dict[str, Any] | None:
            found = run.client.get("/api/tickets", params=asked, headers=run.api())
            return dict(found.json()) if found.status_code == 200 else None

        told = wait_for(ask)
        assert told is not None
        assert told["suggestions"][0]["rule_id"] == "acme-quota-exceeded"
        assert told["suggestions"][0]["evidence"][0]["file"] == "a.log"
        assert (told["posts"], fake.posts) == ([], []), "nothing is public without approval"
        fake.plan = on_writes(FAULTS["reset after accept"])
        path = f"/api/suggestions/{told['suggestion_id']}/review"
        answers = [run.client.post(path, json={"verdict": "approve"}, headers=run.api()) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 409]
        assert wait_for(lambda: [post["state"] for post in (ask() or {})["posts"]] == ["sent"])
        (post,) = fake.posts
        assert post.public
        assert "disk quota" in post.text
        ours = {**fake.comments[1][0], "user": person(BOT)}
        assert send(run, {**body, "action": "created", "comment": ours}, "c") == 202
        assert wait_for(lambda: 'hercules_loops_total{desk="shop"} 1.0' in run.client.get("/metrics").text)
        assert len(fake.posts) == 1


def test_the_page_shows_settings_that_work() -> None:
    page = (Path(__file__).parents[2] / "docs" / "desks" / "github.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
    settings = tomllib.loads(block)["desks"]["acme"]
    config = read_settings("acme", DeskSettings(**settings))
    assert config.repository("Acme/Shop") == "acme/shop"
    asked = {question.key for question in GitHubDesk.setup.questions}
    assert asked - {"base_url"} <= set(settings), "what is asked stands in the page"
    missing = [name for name in GitHubSettings.model_fields if f"`{name}`" not in page]
    assert missing == []
