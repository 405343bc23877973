"""A desk that speaks our own shape: takes posts at one address and says there whether it has them."""

from __future__ import annotations

from ..servers import Asked
from .server import Answered, VendorFake, Written, path_of, query_of

TOKEN = "Bearer canary-of-the-generic-desk"


class GenericFake(VendorFake):
    """`/hercules` takes and tells posts, `/recent` lists tickets."""

    def __init__(self) -> None:
        super().__init__()
        self.recent: list[object] = []
        self._keys: dict[tuple[str, str], str] = {}

    def handle(self, asked: Asked) -> Answered:
        """Carry out one request."""
        if asked.headers.get("authorization") != TOKEN:
            return Answered(401, {"error": "who are you?"})
        if path_of(asked) == "/recent":
            return Answered(200, {"items": self.recent})
        return self._tell(query_of(asked)) if asked.method == "GET" else self._take(asked)

    def _take(self, asked: Asked) -> Answered:
        body = asked.json
        text = f"{body['body']} {body['key']}"
        public = body["visibility"] == "reply"
        written = Written(body["ticket_id"], text, public, "hercules-bot", str(len(self.posts) + 1))
        self.posts.append(written)
        self._keys[body["ticket_id"], body["key"]] = written.id
        return Answered(201, {"id": written.id})

    def _tell(self, query: dict[str, str]) -> Answered:
        found = self._keys.get((query["ticket_id"], query["key"]))
        return Answered(200, {"id": found}) if found else Answered(404, {"error": "no such post"})

    def say(self, ticket_id: str, text: str) -> None:
        """Words of a customer: they have no key at this desk, whatever stands in them."""
