"""The API of django-helpdesk in memory: tickets with their follow-ups, as version 2.6 answers.

What it does was seen at the real one, which tests/real/test_django_helpdesk.py runs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from ..servers import Asked
from .server import Answered, VendorFake, Written, basic, path_of, query_of

USER, PASSWORD = "hercules", "canary-of-django-helpdesk"
BOT, ENGINEER = 2, 1
OPENED = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
_MEDIA = "/media/helpdesk/attachments/help-1/1/"
_FORM = """<form><select name="user"><option value="" selected>---</option><option value="1">engineer</option>
<option value="2"  >hercules</option></select><textarea name="comment"></textarea></form>"""


class DjangoHelpdeskFake(VendorFake):
    """One ticket with a file is there from the start; `clock` goes on a minute with each follow-up."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.files = {"app.log": b"ERROR boom\n"}
        self.clock = OPENED
        self.users = _FORM
        self.ask("Cannot start", "ERROR boom", file="app.log")

    # --- what people do

    def ask(self, title: str, description: str, file: str = "") -> str:
        """A customer's ticket; its id."""
        number = len(self.tickets) + 1
        self.tickets[number] = {
            "id": number,
            "queue": 1,
            "title": title,
            "description": description,
            "submitter_email": "c9@example.com",
            "status": 1,
            "followup_set": [],
        }
        opening = self.add(number, description, user=None)
        if file:
            opening["followupattachment_set"] = [
                {"id": 1, "followup": opening["id"], "file": f"{_MEDIA}{file}", "filename": file, "size": 11}
            ]
        return str(number)

    def add(
        self,
        number: int,
        text: str,
        *,
        user: int | None,
        public: bool = True,
        new_status: int | None = None,
    ) -> dict[str, Any]:
        """A follow-up."""
        told = {
            "id": 1 + sum(len(ticket["followup_set"]) for ticket in self.tickets.values()),
            "ticket": number,
            "user": user,
            "title": self.tickets[number]["title"],
            "comment": text,
            "public": public,
            "new_status": new_status,
            "followupattachment_set": [],
            "date": self.clock.isoformat().replace("+00:00", "Z"),
        }
        self.clock += timedelta(minutes=1)
        self.tickets[number]["followup_set"].append(told)
        if new_status:
            self.tickets[number]["status"] = new_status
        return told

    def say(self, ticket_id: str, text: str) -> None:
        """A customer writes a comment."""
        self.add(int(ticket_id), text, user=None)

    # --- the API

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        path = path_of(asked)
        if path.startswith(_MEDIA):
            found = self.files.get(path.removeprefix(_MEDIA))
            return Answered(200, found) if found is not None else Answered(404)
        if asked.headers.get("authorization") != basic(USER, PASSWORD):
            return Answered(403, {"detail": "Authentication credentials were not provided."})
        if path == "/api/followups/":
            return self._take(asked) if asked.method == "POST" else self._list(asked)
        one = re.fullmatch("/api/tickets/([0-9]+)/", path)
        if one and int(one.group(1)) in self.tickets:
            return Answered(200, self._whole(self.tickets[int(one.group(1))]))
        return Answered(404, {"detail": "Not found."})

    def _whole(self, ticket: dict[str, Any]) -> dict[str, Any]:
        """As the API tells it: the addresses of files are whole."""
        told = [
            {
                **each,
                "followupattachment_set": [
                    {**file, "file": self.url + file["file"]} for file in each["followupattachment_set"]
                ],
            }
            for each in ticket["followup_set"]
        ]
        return {**ticket, "followup_set": told}

    def _list(self, asked: Asked) -> Answered:
        if "text/html" in asked.headers.get("accept", ""):
            return Answered(200, self.users.encode(), {"content-type": "text/html"})
        query = query_of(asked)
        told = sorted(
            (each for ticket in self.tickets.values() for each in ticket["followup_set"]),
            key=lambda each: str(each["date"]),
        )
        size = int(query.get("page_size", "25"))
        last = max(1, -(-len(told) // size))
        page = last if query.get("page") == "last" else int(query.get("page", "1"))
        address = f"{self.url}/api/followups/?page_size={size}&page="
        return Answered(
            200,
            {
                "count": len(told),
                "next": f"{address}{page + 1}" if page < last else None,
                "previous": f"{address}{page - 1}" if page > 1 else None,
                "results": told[(page - 1) * size : page * size],
            },
        )

    def _take(self, asked: Asked) -> Answered:
        """A comment is run as a template, a title renames the ticket."""
        body = asked.json
        number = int(body["ticket"])
        if number not in self.tickets:
            return Answered(400, {"ticket": [f'Invalid pk "{number}" - object does not exist.']})
        if "%}" in body["comment"] or "{{" in body["comment"]:
            return Answered(500, b"<h1>Server Error (500)</h1>")
        if body.get("title"):
            self.tickets[number]["title"] = body["title"]
        told = self.add(number, body["comment"], user=BOT, public=body["public"])
        self.posts.append(Written(str(number), told["comment"], told["public"], str(BOT), str(told["id"])))
        return Answered(201, told)
