"""GitHub's REST API: JSON by GET, lists page by page, one write, and its own way of saying `too much`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from urllib.parse import urlencode

from hercules.calling import Answer
from hercules.desks.calls import (
    JSON_HEADERS,
    Calls,
    Request,
    encode,
    endless,
    good,
    json_in,
    json_of,
    next_page,
    told_list,
)
from hercules.desks.github.config import Config
from hercules.desks.jsonbody import Json
from hercules.model import DeskError

PAGES_MAX = 1_000
PER_PAGE = "100"
WAIT_MAX_S = 3600.0
_MOVED = frozenset((301, 307, 308))


class Api:
    """The API of one desk."""

    def __init__(self, calls: Calls, config: Config, clock: Callable[[], datetime]) -> None:
        self._calls, self._config, self._clock = calls, config, clock

    def get(self, path: str) -> Json:
        """The JSON at a path. Raises DeskError."""
        return json_in(self._ask(Request("GET", self._config.api + path, self._config.headers)))

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[Json]:
        """Every item of a list, asked for page by page by the `Link` header. Raises DeskError."""
        url = f"{self._config.api}{path}?{urlencode({'per_page': PER_PAGE, **query})}"
        for _ in range(PAGES_MAX):
            answer = self._ask(Request("GET", url, self._config.headers))
            yield from told_list(json_in(answer), path.rpartition("/")[2])
            following = next_page(answer, url)
            if following is None:
                return
            url = self._own(following)
        raise endless(path, PAGES_MAX)

    def _own(self, url: str) -> str:
        """The next page, which stands at the API as well. Raises DeskError."""
        if not url.startswith(self._config.api + "/"):
            raise DeskError("the next page stands at another place; is base_url right?", permanent=True)
        return url

    def write(self, path: str, body: Json) -> Json:
        """Send a body; the answer's JSON, None where it has none. Raises DeskError with its outcome."""
        headers = {**self._config.headers, **JSON_HEADERS}
        answer = self._ask(Request("POST", self._config.api + path, headers, encode(body)))
        return json_of(answer)

    def _ask(self, request: Request) -> Answer:
        answer = self._calls.ask(request)
        if answer.status in (403, 429):
            self._check_limit(answer)
        if answer.status in _MOVED:
            told = f"write its new name into desks.{self._config.desk_id}.repositories"
            raise DeskError(f"the repository has moved; {told}", "no")
        return good(answer)

    def _check_limit(self, answer: Answer) -> None:
        """GitHub answers 403 as well when it was asked too often; that passes."""
        wait = answer.retry_after_s
        if wait is None and answer.headers.get("x-ratelimit-remaining") == "0":
            reset = answer.headers.get("x-ratelimit-reset", "")
            ends = float(reset) if reset.isascii() and reset.isdigit() and len(reset) <= 12 else 0.0
            wait = min(max(ends - self._clock().timestamp(), 1.0), WAIT_MAX_S)
        if wait is not None:
            raise DeskError(f"the desk answered {answer.status}: asked too often", "no", wait)
