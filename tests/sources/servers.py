"""Local services that behave as their documented APIs do: a wiki, a help center, and a plain web server."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, object, dict[str, str]]
TOKEN = "tok-7f3a9c-canary"
USER = "robot@example.com"
BASIC = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
BASIC_TOKEN = "Basic " + base64.b64encode(f"{USER}/token:{TOKEN}".encode()).decode()


@dataclass
class Asked:
    """One request as it came: its path, its query, and the headers in lower case."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query field."""
        return self.query.get(name, [default])[0]


@dataclass
class Service:
    """What every service here has: its address, what it was asked, and answers that go before all else.

    `busy` is how many requests are answered with 429, `wait` the Retry-After of those. An answer `None`
    closes the connection without a word; bytes are sent as they are, in a length that may be a lie.
    """

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    busy: int = 0
    wait: str = "1"
    first: Callable[[Asked], Answer | bool | None] = lambda _: False

    def answer(self, asked: Asked) -> Answer | None:
        """What is answered: the odd first, then that it is busy, then what the service is for."""
        odd = self.first(asked)
        if not isinstance(odd, bool):
            return odd
        if self.busy:
            self.busy -= 1
            return 429, {"error": "too many requests"}, {"retry-after": self.wait}
        return self.served(asked)

    def served(self, asked: Asked) -> Answer:
        """What the service is for."""
        raise NotImplementedError


@dataclass
class Wiki(Service):
    """Confluence: content by space or by search, pages in parts, restrictions, labels."""

    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    root: str = "/wiki"
    part: int = 2
    allowed: tuple[str, ...] = (BASIC, f"Bearer {TOKEN}")

    def put(
        self,
        page_id: str,
        title: str,
        body: str,
        *,
        space: str = "KB",
        labels: tuple[str, ...] = (),
        readers: tuple[str, ...] = (),
        below: tuple[str, ...] = (),
        version: int = 1,
    ) -> None:
        """A page; `readers` are the only users who may read it, `below` the pages above it."""
        self.pages[page_id] = {
            "id": page_id,
            "type": "page",
            "status": "current",
            "title": title,
            "space": {"key": space},
            "version": {"number": version, "when": "2026-10-08T09:10:11.000Z"},
            "body": {"storage": {"value": body, "representation": "storage"}},
            "metadata": {"labels": {"results": [{"prefix": "global", "name": name} for name in labels]}},
            "ancestors": [{"id": each, "type": "page"} for each in below],
            "restrictions": {
                "read": {
                    "operation": "read",
                    "restrictions": {
                        "user": {"results": [{"username": name} for name in readers], "size": len(readers)},
                        "group": {"results": [], "size": 0},
                    },
                }
            },
            "_links": {"webui": f"/spaces/{space}/pages/{page_id}"},
        }

    def served(self, asked: Asked) -> Answer:
        """The content resource. What was not asked to be expanded is not there."""
        if asked.headers.get("authorization") not in self.allowed:
            return 401, {"statusCode": 401, "message": "Basic auth token expired"}, {}
        api = f"{self.root}/rest/api/content"
        if asked.path == api:
            found = [page for page in self.pages.values() if page["space"]["key"] == asked.one("spaceKey")]
            if not found and asked.one("spaceKey") != "KB":
                return 404, {"statusCode": 404, "message": "No space with this key"}, {}
            return self._listed(asked, found)
        if asked.path == f"{api}/search":
            return self._listed(asked, self._search(asked.one("cql")))
        page = self.pages.get(asked.path.removeprefix(f"{api}/"))
        if page is None:
            return 404, {"statusCode": 404}, {}
        return 200, self._expanded(page, asked), {}

    def _search(self, cql: str) -> list[dict[str, Any]]:
        def labels(page: dict[str, Any]) -> list[str]:
            return [f'"{each["name"]}"' for each in page["metadata"]["labels"]["results"]]

        wanted = cql.partition("label in (")[2].partition(")")[0].split(", ")
        spaces = cql.partition("space in (")[2].partition(")")[0]
        return [
            page
            for page in self.pages.values()
            if set(labels(page)) & set(wanted) and (not spaces or f'"{page["space"]["key"]}"' in spaces)
        ]

    def _listed(self, asked: Asked, found: list[dict[str, Any]]) -> Answer:
        start = int(asked.one("start", "0"))
        size = min(int(asked.one("limit", "25")), self.part)
        links = {"base": self.url + self.root, "context": self.root}
        if start + size < len(found):
            # As documented: relative to the context, with all that was asked.
            query = "&".join(
                f"{name}={value}" for name in ("spaceKey", "cql", "expand") if (value := asked.one(name))
            )
            path = asked.path.removeprefix(self.root)
            links["next"] = f"{path}?{query.replace(' ', '%20')}&limit={size}&start={start + size}"
        part = [self._expanded(page, asked) for page in found[start : start + size]]
        return 200, {"results": part, "start": start, "limit": size, "size": len(part), "_links": links}, {}

    def _expanded(self, page: dict[str, Any], asked: Asked) -> dict[str, Any]:
        wanted = {each.partition(".")[0] for each in asked.one("expand").split(",")}
        always = {"id", "type", "status", "title", "_links"}
        return {name: value for name, value in page.items() if name in always | wanted}


@dataclass
class HelpCenter(Service):
    """Zendesk's help center: articles of a locale by cursor."""

    articles: dict[int, dict[str, Any]] = field(default_factory=dict)
    part: int = 2
    allowed: tuple[str, ...] = (BASIC_TOKEN,)

    def put(
        self,
        article_id: int,
        title: str,
        body: str,
        *,
        draft: bool = False,
        segment: int | None = None,
        labels: tuple[str, ...] = (),
    ) -> None:
        """An article; `segment` is the user segment that alone may read it."""
        self.articles[article_id] = {
            "id": article_id,
            "url": f"{self.url}/api/v2/help_center/en-us/articles/{article_id}.json",
            "html_url": f"https://help.example.com/hc/en-us/articles/{article_id}",
            "title": title,
            "body": body,
            "locale": "en-us",
            "draft": draft,
            "user_segment_id": segment,
            "label_names": list(labels),
            "updated_at": "2026-10-09T10:00:00Z",
            "edited_at": "2026-10-08T10:00:00Z",
        }

    def served(self, asked: Asked) -> Answer:
        """The list of articles."""
        if asked.headers.get("authorization") not in self.allowed:
            return 401, {"error": "Couldn't authenticate you"}, {}
        if asked.path != "/api/v2/help_center/en-us/articles.json":
            return 404, {"error": "RecordNotFound"}, {}
        size = min(int(asked.one("page[size]", "30")), self.part)
        after = int(asked.one("page[after]", "0"))
        ids = sorted(each for each in self.articles if each > after)
        more = len(ids) > size
        last = ids[:size][-1] if ids else after
        onward = f"{self.url}{asked.path}?page%5Bafter%5D={last}&page%5Bsize%5D={size}" if more else None
        found = {
            "articles": [self.articles[each] for each in ids[:size]],
            "meta": {"has_more": more, "after_cursor": str(last)},
            "links": {"next": onward, "prev": None},
        }
        return 200, found, {}


@dataclass
class Web(Service):
    """A plain web server: an answer for each path, 404 for all others."""

    paths: dict[str, Answer] = field(default_factory=dict)

    def served(self, asked: Asked) -> Answer:
        """What lies at the path."""
        return self.paths.get(asked.path, (404, b"", {}))


@contextmanager
def running(service: Service) -> Iterator[str]:
    """A service on a free port of the loopback; gives its `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.asked.append(Asked(parts.path, parse_qs(parts.query), headers))
            answer = service.answer(service.asked[-1])
            if answer is None:
                return
            status, said, more = answer
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(raw)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(raw)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client had enough of it: that is what some tests are about

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = f"127.0.0.1:{server.server_address[1]}"
        service.url = f"http://{host}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
