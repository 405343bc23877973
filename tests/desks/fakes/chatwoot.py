"""Chatwoot's API as far as conversations go: profile, lists, messages in pages of 20, new messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..servers import Asked
from .server import Answered, VendorFake, Written, path_of, query_of

TOKEN = "cw0canary0access0token"
ACCOUNT, BOT, AGENT, CONTACT = 3, 900, 42, 7
START = 1767322800  # 2026-01-02T03:00:00Z
LOG = b"2026-01-02 ERROR disk quota of vol17 exceeded\n"
Plain = dict[str, Any]
_BASE = f"/api/v1/accounts/{ACCOUNT}/conversations"
_ONE = re.compile(rf"{_BASE}/([0-9]+)(/messages)?")
PEOPLE: dict[int, Plain] = {
    CONTACT: {"id": CONTACT, "name": "Ada", "email": "ada@customer.example", "type": "contact"},
    AGENT: {"id": AGENT, "name": "Grace", "type": "user"},
    BOT: {"id": BOT, "name": "Hercules", "type": "user"},
}


def conversation(number: int, **more: Any) -> Plain:
    """A conversation as the API shows it."""
    return {
        "id": number,
        "account_id": ACCOUNT,
        "inbox_id": 2,
        "status": "open",
        "can_reply": True,
        "muted": False,
        "unread_count": 1,
        "labels": ["shop"],
        "custom_attributes": {"product": "shop", "version": "2.4.1"},
        "additional_attributes": {"browser_language": "en"},
        "meta": {"sender": PEOPLE[CONTACT]},
        "created_at": START,
        "timestamp": START,
        "last_activity_at": START,
        **more,
    }


def message(number: int, kind: int, text: str | None, by: int | None, at: int = START, **more: Any) -> Plain:
    """A message as the API shows it."""
    return {
        "id": number,
        "conversation_id": 1,
        "inbox_id": 2,
        "content": text,
        "message_type": kind,
        "status": "sent",
        "content_type": "text",
        "content_attributes": {},
        "private": False,
        "created_at": at,
        "sender": PEOPLE[by] if by else None,
        **more,
    }


class ChatwootFake(VendorFake):
    """An account with one conversation in it. Messages come `page_most` at a time, the newest last."""

    ticket_id = "1"
    page_most = 20

    def __init__(self) -> None:
        super().__init__()
        self.conversations: dict[int, Plain] = {1: conversation(1)}
        self.messages: dict[int, list[Plain]] = {1: [message(100, 0, "It says ERROR boom.", CONTACT)]}
        self.profile: Plain = {
            "id": BOT,
            "name": "Hercules",
            "email": "hercules@acme.example",
            "type": "user",
            "account_id": ACCOUNT,
            "role": "agent",
            "accounts": [{"id": ACCOUNT, "name": "Acme", "status": "active", "role": "agent"}],
        }
        self.files: dict[str, Callable[[], Answered]] = {}
        self._last_id = 1000

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        path, query = path_of(asked), query_of(asked)
        if path.startswith("/rails/"):
            return self.files.get(path, lambda: Answered(200, LOG))()
        if asked.headers.get("api_access_token") != TOKEN:
            return Answered(401, {"error": "Invalid Access Token"})
        if path == "/api/v1/profile":
            return Answered(200, self.profile)
        if path == _BASE:
            return self._list(query)
        found = _ONE.fullmatch(path)
        number = int(found[1]) if found else 0
        if found is None or number not in self.conversations:
            return Answered(404, {"error": "Resource could not be found"})
        if not found[2]:
            return Answered(200, self.conversations[number])
        return self._write(number, asked.json) if asked.method == "POST" else self._messages(number, query)

    def _list(self, query: dict[str, str]) -> Answered:
        every = [
            each for each in self.conversations.values() if query.get("status") in ("all", each["status"])
        ]
        every.sort(key=lambda each: -int(each["last_activity_at"]))
        start = (int(query.get("page", "1")) - 1) * self.page_most
        return Answered(200, {"data": {"meta": {}, "payload": every[start : start + self.page_most]}})

    def _messages(self, number: int, query: dict[str, str]) -> Answered:
        every = self.messages.get(number, [])
        if "after" in query:
            shown = [each for each in every if each["id"] > int(query["after"])][:100]
        else:
            before = int(query.get("before", "999999999"))
            shown = [each for each in every if each["id"] < before][-self.page_most :]
        return Answered(200, {"meta": {"labels": []}, "payload": shown})

    def _write(self, number: int, body: Plain) -> Answered:
        if set(body) != {"content", "message_type", "private"} or body["message_type"] != "outgoing":
            return Answered(422, {"error": "unprocessable"})
        made = self._add(number, 1, body["content"], BOT, private=body["private"])
        self.posts.append(
            Written(str(number), made["content"], not made["private"], str(BOT), str(made["id"]))
        )
        return Answered(200, made)

    def _add(self, number: int, kind: int, text: str, by: int, **more: Any) -> Plain:
        self._last_id += 1
        made = message(self._last_id, kind, text, by, START + 200, conversation_id=number, **more)
        self.messages.setdefault(number, []).append(made)
        return made

    def say(self, ticket_id: str, text: str) -> None:
        """A customer writes."""
        self._add(int(ticket_id), 0, text, CONTACT)
