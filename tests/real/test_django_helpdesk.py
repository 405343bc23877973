"""The whole robot beside a real django-helpdesk: its form, its webhooks, its API, and `hercules serve`."""

from __future__ import annotations

import email
import io
import json
import os
import re
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from hercules.answer.reply import key_of
from hercules.demo import DemoDesk
from hercules.desks.desk import CallLimits, Desk
from hercules.desks.jsonbody import JsonLimits
from hercules.events import Event, TicketClosed, TicketOpened, TicketReopened
from hercules.model import Attachment, Delivery, DeskError, Reply, TicketRef
from hercules.outbound import OutboundClient
from hercules.settings import DeskSettings
from hercules.wiring import DESKS
from tests.commands import run
from tests.desks.servers import Asked, FakeDesk, fake_desk
from tests.processes import Process, free_port, toml
from tests.real.helpdesk import BOT, ENGINEER, NotInstalled, Plain, RealDesk, installed, real_desk
from tests.serving import TROUBLE, utc_now, wait_for, write_content

pytestmark = [
    pytest.mark.real_desk,
    pytest.mark.skipif(os.environ.get("HERCULES_REAL_DESK") == "0", reason="HERCULES_REAL_DESK is 0"),
]

NAME = "help"
SECRET = "secret-of-the-path-0123456789-abcdefgh"
BOT_ID = 2
TITLE = "A volume has reached its disk quota"
WAIT_S = 60.0
DESK_WAITS_S = 3.0  # for our answer to its webhook


@dataclass(slots=True)
class Town:
    """A desk and a robot that know each other; `sink` sees every webhook before the robot does."""

    desk: RealDesk
    robot: Process
    sink: FakeDesk
    settings: Plain

    @property
    def url(self) -> str:
        """Where Hercules is."""
        return f"http://127.0.0.1:{self.robot.port}"

    # --- what Hercules says

    @property
    def token(self) -> str:
        """The admin token, which the first start prints."""
        found = re.search(r"shown this once: (\S+)", self.robot.log.read_text())
        assert found, self.robot.log.read_text()
        return found.group(1)

    def told(self, ticket_id: str) -> Plain:
        """What Hercules says of a ticket, once it was looked at."""
        found = wait_for(lambda: self._told(ticket_id), WAIT_S)
        assert found, self.robot.log.read_text()
        return found

    def _told(self, ticket_id: str) -> Plain | None:
        answer = self.robot.client.get(
            "/api/tickets",
            params={"desk_id": NAME, "ticket_id": ticket_id},
            headers={"authorization": f"Bearer {self.token}"},
        )
        return cast(Plain, answer.json()) if answer.status_code == 200 else None

    def metric(self, name: str) -> float:
        """The sum of a counter of Hercules over its labels."""
        text = self.robot.client.get("/metrics").text
        found = re.findall(rf"^{name}(?:\{{[^}}]*\}})? ([0-9.e+]+)$", text, re.MULTILINE)
        return sum(map(float, found))

    def idle(self) -> bool:
        """True when no delivery waits to be worked off."""
        return self.metric("hercules_inbox_depth") == 0

    # --- what the desk shows

    def ours(self, ticket_id: str) -> list[Plain]:
        """Our comments on a ticket."""
        return [each for each in self.desk.comments(ticket_id) if each["user"] == BOT_ID]

    def wait_ours(self, ticket_id: str, count: int) -> list[Plain]:
        """Our comments, once there are so many."""
        arrived = wait_for(lambda: len(self.ours(ticket_id)) >= count, WAIT_S)
        assert arrived, (self._told(ticket_id), self.robot.log.read_text())
        return self.ours(ticket_id)

    def hooks(self, tail: str, ticket_id: str) -> list[Asked]:
        """The webhooks that the desk sent of a ticket."""
        hooks = [asked for asked in self.sink.asked if asked.path.endswith(tail)]
        return [asked for asked in hooks if str(asked.json["ticket"]["id"]) == ticket_id]

    # --- the adapter by itself

    def adapter(self, **changes: Any) -> Desk:
        """The desk as Hercules has it."""
        common = DeskSettings(**{**self.settings, **changes})
        kind = DESKS["django-helpdesk"]
        reach = kind.reach(NAME, common)
        client = OutboundClient(
            reach.hosts,
            credential_hosts=reach.hosts,
            private_hosts=reach.private_hosts,
            plain_hosts=reach.plain_hosts,
        )
        return kind(NAME, common, client, limits=CallLimits(), json_limits=JsonLimits(), clock=utc_now)


@pytest.fixture(scope="module")
def _package() -> Path:
    try:
        return installed()
    except NotInstalled as error:
        pytest.skip(f"django-helpdesk cannot be installed: {error}")


@pytest.fixture(scope="module")
def town(_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    ours, theirs = free_port(), free_port()
    hook = f"http://127.0.0.1:{ours}/hooks/{NAME}/{SECRET}"
    with ExitStack() as stack:
        sink = stack.enter_context(fake_desk())
        desk = stack.enter_context(
            real_desk(
                folder / "desk",
                theirs,
                new=f"{sink.url}/new,{hook}/new",
                followup=f"{sink.url}/followup , {hook}/followup",  # the desk cuts this one at " , "
            )
        )
        settings = {
            "kind": "django-helpdesk",
            "secrets": [{"value": SECRET}],
            "base_url": desk.url,
            "private_hosts": [desk.host],
            "password": BOT[1],
            "bot_ids": [str(BOT_ID)],
        }
        robot = stack.enter_context(_robot(folder / "robot", ours, settings))
        robot.start()
        yield Town(desk, robot, sink, settings)


@contextmanager
def _robot(folder: Path, port: int, settings: Plain) -> Iterator[Process]:
    """A folder with rules, articles and settings for `hercules serve`; nothing runs yet."""
    folder.mkdir()
    write_content(folder)
    demo = DemoDesk()  # not used here, but every `Process` has one
    demo.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
        robot = Process(folder, port, "", demo, client)
        robot.config.write_text(
            toml(
                {
                    "data": "data",
                    "server": {"port": port},
                    "rules": {"folder": "rules", "samples": "samples"},
                    "kb": {"folder": "articles", "index": "index"},
                    "desks": {NAME: settings},
                }
            )
        )
        try:
            yield robot
        finally:
            if robot.running is not None:
                robot.running.kill()
                robot.running.join(10)
            demo.stop()


def trouble(word: str) -> str:
    """A log that the rule of `write_content` answers, different for each ticket."""
    return TROUBLE.format(word=word)


# --- a ticket's whole way -------------------------------------------------------------------------


def test_one_note_and_after_approval_one_reply(town: Town) -> None:
    before = town.metric("hercules_loops_total")
    ticket_id = town.desk.ask("The import stops", "See the log.", file=("app.log", trouble("vol17").encode()))
    opened = town.desk.ticket(ticket_id)
    (note,) = town.wait_ours(ticket_id, 1)
    assert note["public"] is False
    for part in (TITLE, "app.log:2", "disk quota of vol17 exceeded", key_of(NAME, ticket_id, "note")):
        assert part in note["comment"]
    assert not any(TITLE in mail for mail in town.desk.mails())

    suggestion = town.told(ticket_id)["suggestion_id"]
    assert suggestion in note["comment"]
    done = run("review", "approve", suggestion, "--by", "An engineer", "--config", town.robot.config)
    assert done.code == 0, done.err
    note, reply = town.wait_ours(ticket_id, 2)
    assert reply["public"] is True
    for part in (TITLE, f"{town.url}/kb/acme-quota", key_of(NAME, ticket_id, "reply")):
        assert part in reply["comment"]
    assert "vol17" not in reply["comment"]
    (mail,) = (mail for mail in town.desk.mails() if TITLE in mail)  # by the desk, to its customer
    assert "To: customer@example.com" in mail

    # Both posts fired the desk's webhook; they lead to nothing.
    assert wait_for(lambda: town.metric("hercules_loops_total") == before + 2, WAIT_S)
    assert wait_for(town.idle, WAIT_S)
    assert len(town.hooks("/followup", ticket_id)) == 2
    assert town.ours(ticket_id) == [note, reply]
    assert town.told(ticket_id)["version"] == 1
    after = town.desk.ticket(ticket_id)
    assert {**after, "followup_set": []} == {**opened, "followup_set": []}  # title, status, priority and all


def test_closing_and_reopening_are_seen(town: Town) -> None:
    ticket_id = town.desk.ask("How do I export?", "I would like to export all of my tickets as a table.")
    town.told(ticket_id)
    for status in (3, 2, 4):
        town.desk.comment(ticket_id, f"now {status}", public=True, new_status=status)
    told = [event for hook in town.hooks("/followup", ticket_id) for event in read(town, hook, "followup")]
    kinds = [type(event) for event in {event.natural_key: event for event in told}.values()]
    assert [kind for kind in kinds if kind in (TicketClosed, TicketReopened)] == [
        TicketClosed,
        TicketReopened,
        TicketClosed,
    ]
    listed = town.adapter().read_ticket(TicketRef(NAME, ticket_id))
    assert {event.natural_key for event in listed} == {event.natural_key for event in told}


def test_a_log_that_comes_later_joins_what_waits(town: Town) -> None:
    ticket_id = town.desk.ask("Nothing to go by", "It worked yesterday, and today it does not.")
    assert town.told(ticket_id)["suggestions"] == []
    log = {"attachments": ("late.log", trouble("vol11").encode())}
    said = {"ticket": ticket_id, "comment": "The customer mailed me this.", "public": "false"}
    assert town.desk.api.post("/api/followups/", data=said, files=log).status_code == 201
    (note,) = town.wait_ours(ticket_id, 1)
    assert "late.log:2" in note["comment"]
    assert town.told(ticket_id)["version"] == 2


def test_a_ticket_by_mail(town: Town) -> None:
    mail, known = EmailMessage(), len(town.desk.tickets())
    mail["From"], mail["Subject"] = "mailer@example.com", "Import by mail"
    mail["To"], mail["Message-ID"] = "help@desk.example.com", "<1@example.com>"
    mail.set_content("See the log.")
    mail.add_attachment(
        trouble("vol91").encode(), maintype="application", subtype="octet-stream", filename="m.log"
    )
    town.desk.mail_in(mail)
    (ticket,) = town.desk.tickets()[known:]
    (note,) = town.wait_ours(str(ticket["id"]), 1)
    assert "m.log:2" in note["comment"]


def test_many_customers_at_once(town: Town) -> None:
    """Each ticket of a crowd gets one note, and nobody waits long for the form."""
    count = 12

    def ask(number: int) -> str:
        words = f"Customer {number} says:\n" + trouble(f"vol{'abcdefghijkl'[number]}")
        with town.desk.another_browser() as browser:
            return browser.ask(f"Import {number}", words, email=f"c{number}@example.com")

    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(ask, range(count)))
    for ticket_id in asked:
        town.wait_ours(ticket_id, 1)
    assert wait_for(town.idle, WAIT_S)
    assert {ticket_id: len(town.ours(ticket_id)) for ticket_id in asked} == dict.fromkeys(asked, 1)


def read(town: Town, hook: Asked, tail: str, **changes: Any) -> list[Event]:
    """What the adapter reads from a webhook."""
    return town.adapter(**changes).read(Delivery(NAME, "d", {}, hook.body, utc_now(), tail))


# --- the traps ------------------------------------------------------------------------------------


def test_trap_1_logs_are_refused_as_the_desk_comes(town: Town, tmp_path: Path) -> None:
    log = trouble("vol21").encode()
    with real_desk(tmp_path, free_port(), extensions="", data=town.desk.folder) as bare:
        for name in ("app.log", "bundle.zip"):
            answer = bare.submit("Refused", "See the file.", file=(name, log))
            assert answer.status_code == 200
            assert "Unsupported file extension" in answer.text
        fields = {
            "queue": "1",
            "title": "Refused",
            "description": "x",
            "priority": "3",
            "submitter_email": "c@x.org",
        }
        sent = bare.api.post("/api/tickets/", data=fields, files={"attachment": ("app.log", log)})
        assert sent.status_code == 400
    # So customers rename it, or paste it.
    renamed = town.desk.ask("The import stopped", "See the file, please.", file=("app.log.txt", log))
    pasted = town.desk.ask("Import", "This is in the log:\n" + trouble("vol22"), email="other@example.com")
    for ticket_id, word in ((renamed, "vol21"), (pasted, "vol22")):
        assert word in town.wait_ours(ticket_id, 1)[0]["comment"]
        assert town.told(ticket_id)["suggestions"][0]["rule_id"] == "acme-quota-exceeded"


def test_trap_2_the_type_of_a_file_says_nothing(town: Town) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("logs/app.log", trouble("vol31"))
    ticket_id = town.desk.ask("Zipped", "All logs are in it.", file=("bundle.zip", packed.getvalue()))
    assert "vol31" in town.wait_ours(ticket_id, 1)[0]["comment"]
    (hook,) = town.hooks("/new", ticket_id)
    (file,) = hook.json["ticket"]["followup_set"][0]["followupattachment_set"]
    assert file["mime_type"] == "application/octet-stream"
    body = hook.json
    body["ticket"]["followup_set"][0]["followupattachment_set"][0]["mime_type"] = "image/png"
    flipped = replace(hook, body=json.dumps(body).encode())
    assert read(town, flipped, "new")[1:] == read(town, hook, "new")[1:]
    assert files(read(town, flipped, "new")) == files(read(town, hook, "new"))


def files(events: list[Event]) -> tuple[Attachment, ...]:
    opened = events[0]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket
    return opened.ticket.attachments


def test_trap_3_one_file_has_two_addresses(town: Town) -> None:
    ticket_id = town.desk.ask(
        "Größe", "The log is in it, see there.", file=("größe & mehr.log", b"all is well")
    )
    (hook,) = town.hooks("/new", ticket_id)
    told = hook.json["ticket"]["followup_set"][0]["followupattachment_set"][0]["file"]
    asked = town.desk.ticket(ticket_id)["followup_set"][0]["followupattachment_set"][0]["file"]
    assert told.startswith("/media/")
    assert asked == town.desk.url + told
    desk = town.adapter()
    found = {
        *files(read(town, hook, "new")),
        *files(desk.read_ticket(TicketRef(NAME, ticket_id))),
    }
    (file,) = found
    assert file.name == "größe & mehr.log"
    assert b"".join(desk.fetch(file, 100)) == b"all is well"
    for url in ("//evil.example/x", "http://evil.example/x"):
        foreign = replace(hook, body=hook.body.replace(json.dumps(told).encode(), json.dumps(url).encode()))
        with pytest.raises(DeskError, match=r"evil\.example.*not allowed"):
            list(desk.fetch(files(read(town, foreign, "new"))[0], 100))


def test_trap_4_a_webhook_has_no_signature_id_or_time(town: Town) -> None:
    ticket_id = town.desk.ask("Twice", trouble("vol41"), email="twice@example.com")
    town.wait_ours(ticket_id, 1)
    (hook,) = town.hooks("/new", ticket_id)
    assert set(hook.headers) <= {
        "host", "user-agent", "accept-encoding", "accept", "connection", "content-length", "content-type"
    }  # fmt: skip
    assert set(hook.json) == {"ticket", "queue_slug"}
    assert not {"created", "modified"} & set(hook.json["ticket"])
    again = json.dumps({**hook.json, "again": True}).encode()  # not even the same bytes
    for body in (hook.body, again):
        assert post(town, "/new", body).status_code == 202
    assert post(town, "/new", hook.body, secret=SECRET[:-1] + "X").status_code == 401
    assert wait_for(town.idle, WAIT_S)
    assert len(town.ours(ticket_id)) == 1
    opened = datetime.fromisoformat(town.told(ticket_id)["opened_at"])
    assert abs(utc_now() - opened) < timedelta(minutes=2)


def post(town: Town, tail: str, body: bytes, secret: str = SECRET) -> httpx.Response:
    """A webhook, sent once more."""
    url = f"/hooks/{NAME}/{secret}{tail}"
    return town.robot.client.post(url, content=body, headers={"content-type": "application/json"})


def test_trap_5_a_comment_with_a_title_renames_the_ticket(town: Town) -> None:
    ticket_id = town.desk.ask("The name that the customer gave", "I only want to say hello to all of you.")
    town.adapter().post(
        Reply(TicketRef(NAME, ticket_id), "note", "plain", "Hello", "H-ABCDEFGH"), "H-ABCDEFGH"
    )
    assert town.desk.ticket(ticket_id)["title"] == "The name that the customer gave"
    town.desk.comment(ticket_id, "Hello", public=False, title="Another name")
    assert town.desk.ticket(ticket_id)["title"] == "Another name"


def test_trap_6_a_comment_is_run_as_a_template_and_read_for_references(town: Town) -> None:
    ticket_id = town.desk.ask("Hello again", "I only want to say hello to all of you again.")
    count = len(town.desk.comments("1"))
    hostile = (
        "{{ ticket.title }} {% load x %} lone %} {# gone #} nginx 1403#1: see #1 "
        "![x](http://evil.example/x) <img src=http://evil.example/y> &lt;b&gt; H-ABCDEFGH"
    )
    raw = town.desk.api.post("/api/followups/", json={"ticket": ticket_id, "comment": hostile})
    assert raw.status_code == 500
    desk, ref = town.adapter(), TicketRef(NAME, ticket_id)
    posted = desk.post(Reply(ref, "reply", "plain", hostile, "H-ABCDEFGH"), "H-ABCDEFGH")
    (comment,) = town.ours(ticket_id)
    assert comment["comment"].replace("\u200b", "") == hostile
    assert str(comment["id"]) == posted.remote_id
    assert len(town.desk.comments("1")) == count
    (mail,) = (mail for mail in town.desk.mails() if "H-ABCDEFGH" in mail)
    for part in email.message_from_bytes(mail.encode()).walk():
        if part.get_content_type() == "text/html":
            page = LexborHTMLParser(cast(bytes, part.get_payload(decode=True)))
            said = page.css_first("blockquote")
            assert said is not None
            assert said.text().replace("\u200b", "") == hostile
            assert [node.tag for node in said.traverse() if node.tag not in ("-text", "blockquote")] == []
    found = desk.find_marker(ref, "H-ABCDEFGH")
    assert found
    assert found.remote_id == posted.remote_id
    town.desk.comment(ticket_id, "I quote: H-BCDEFGHI", public=True)
    assert desk.find_marker(ref, "H-BCDEFGHI") is None


def test_trap_7_while_we_are_away(town: Town) -> None:
    """The desk saves the ticket, tells its customer of a server error and never sends the webhook again."""
    town.robot.kill()
    words, known = "The night import stops.\n" + trouble("vol71"), len(town.desk.tickets())
    for _ in range(2):  # a customer who sees an error submits again
        assert town.desk.submit("Night import", words, email="night@example.com").status_code == 500
    assert town.desk.submit("Day import", trouble("vol72"), email="day@example.com").status_code == 500
    first, second, answered = (str(ticket["id"]) for ticket in town.desk.tickets()[known:])
    said = {"ticket": answered, "comment": "I have raised your quota.", "public": True}
    assert town.desk.api.post("/api/followups/", json=said).status_code == 500
    town.robot.start()
    (note,) = town.wait_ours(first, 1)
    assert "vol71" in note["comment"]
    assert decision(town, second) == ("HOLD", f"the same customer asked the same in ticket {first}")
    assert decision(town, answered) == ("HOLD", "a person has replied already")
    assert wait_for(town.idle, WAIT_S)
    assert [len(town.ours(each)) for each in (first, second, answered)] == [1, 0, 0]


def decision(town: Town, ticket_id: str) -> tuple[str, str]:
    """What Hercules decided to do with a ticket, and why."""
    told = town.told(ticket_id)["decision"]
    return told["verdict"], told["reason"]


def test_the_door_answers_before_the_desks_customer_notices(town: Town) -> None:
    ticket_id = town.desk.ask("Quick", "How quick is it when nothing is wrong with it?")
    (hook,) = town.hooks("/new", ticket_id)
    times = []
    for number in range(20):
        body = json.dumps({**hook.json, "number": number}).encode()
        begun = time.monotonic()
        assert post(town, "/new", body).status_code == 202
        times.append(time.monotonic() - begun)
    assert sorted(times)[len(times) // 2] < DESK_WAITS_S, times


# --- setting up -----------------------------------------------------------------------------------


def test_what_a_probe_finds(town: Town) -> None:
    found = list(town.adapter().probe())
    assert [(each.name, each.ok) for each in found] == [
        ("reads tickets", True),
        ("writes comments", True),
        ("bot_ids", True),
    ]
    wrong, *others = town.adapter(password="wrong").probe()
    assert {each.detail for each in others} == {"not tried"}
    assert (wrong.name, wrong.ok) == ("reads tickets", False)
    last = list(town.adapter(user=ENGINEER[0], password=ENGINEER[1]).probe())[-1]
    assert last.detail.endswith('set desks.help.bot_ids = ["1"]')
