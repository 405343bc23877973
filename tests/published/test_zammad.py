"""Two client libraries of others ask our imitation of Zammad's API, and our desk asks it the same."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from hercules.events import TicketOpened
from hercules.model import Reply, TicketRef, Visibility
from tests.desks.fakes.server import path_of
from tests.desks.fakes.zammad import BOT, LOG, TOKEN, ZammadFake, article, ticket
from tests.desks.kinds import DESK, NOW, all_kinds, desk_of
from tests.desks.servers import Asked

from .packages import ask
from .recorded import Told, recorded

pytestmark = pytest.mark.published
TICKET, KEY = TicketRef(DESK, "1"), "H-ABCDEFGH"
SAID = "<p>Try <b>this</b>.</p>"
BEYOND = {"limit"}  # how many a search may find: from Zammad's documentation, no library sends it


@pytest.fixture
def zammad() -> Iterator[tuple[ZammadFake, Told]]:
    """Two tickets, one closed; the first has a file and an internal note."""
    fake = ZammadFake()
    file = {"id": 7, "filename": "a.log", "size": str(len(LOG)), "preferences": {}}
    fake.articles[0]["attachments"] = [file]
    fake.articles.append(article(2, 1, sender="Agent", internal=True, body="seen", type="note"))
    closed = {"state": "closed", "state_id": 4, "close_at": "2026-01-02T03:02:00.000Z"}
    fake.tickets.append(ticket(2, **closed, created_at="2026-01-02T03:01:00.000Z"))
    fake.articles.append(article(3, 2))
    with recorded(fake) as (_, told):
        yield fake, told


def ours(fake: ZammadFake, told: Told) -> list[Asked]:
    """All the requests of a desk."""
    desk = desk_of(all_kinds()["zammad"], fake.url)
    assert all(each.ok is not False for each in desk.probe())
    assert len(list(desk.list_recent(NOW.replace(hour=0)))) == 4
    opened = desk.read_ticket(TICKET)[0]
    assert isinstance(opened, TicketOpened)
    assert opened.ticket is not None
    (file,) = opened.ticket.attachments
    assert b"".join(desk.fetch(file, 1 << 20)) == LOG
    ways: tuple[Visibility, ...] = ("note", "reply")
    for visibility in ways:
        desk.post(Reply(TICKET, visibility, "html", SAID, KEY), KEY)
    desk.find_marker(TICKET, KEY)
    return told.take()


def place(asked: Asked) -> str:
    """Method and path; all is about the first ticket or about the second."""
    path = path_of(asked).replace("/by_ticket/2", "/by_ticket/1")
    return f"{asked.method} {path}"


def names(asked: Asked) -> set[str]:
    return {name for name, _ in parse_qsl(urlsplit(asked.path).query)}


def test_they_understand_our_fake_and_ask_as_our_desk_does(zammad: tuple[ZammadFake, Told]) -> None:
    fake, told = zammad
    we = ours(fake, told)
    del fake.articles[3:]
    search = next(dict(parse_qsl(urlsplit(each.path).query)) for each in we if "sort_by" in each.path)
    given = {"url": fake.url, "token": TOKEN, "ticket": 1, "article": 1, "file": 7, "said": SAID}
    read = ask("zammad", {**given, "query": search["query"]})
    they = told.take()

    title, customer = ticket(1)["title"], ticket(1)["customer"]
    assert (read["me"], read["listed"]) == (BOT, [1])
    assert read["found"] == [[1, title, "open", customer], [2, title, "closed", customer]]
    words = article(1, 1)["body"]
    assert read["articles"] == [[customer, "Customer", False, words], [customer, "Agent", True, "seen"]]
    assert (read["file"], read["ticket"]) == (LOG.decode(), [title, "2026-01-02T03:00:00+00:00", 2])
    file = ["a.log", len(LOG), LOG.decode()]
    assert read["as objects"] == [[words, False, [file]], ["seen", True, []]]
    assert (read["note"], read["reply"], fake.mails) == (True, False, [])

    known: dict[str, set[str]] = {}
    for asked in they:
        known.setdefault(place(asked), set()).update(names(asked))
    for asked in we:
        # `expand` may stand at every address: the libraries leave it away where they name ids themselves
        assert names(asked) <= known[place(asked)] | BEYOND | {"expand"}, f"{asked.method} {asked.path}"
    assert len({asked.headers["authorization"] for asked in (*we, *they)}) == 1
    written = [[asked.json for asked in each if asked.method == "POST"] for each in (we, they)]
    assert written[0] == [{name: each[name] for name in each if name != "attachments"} for each in written[1]]
