"""GitHub's REST API: JSON by GET, lists page by page, one write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
_MOVED = frozenset((301, 307, 308))


class Api:
    """The API of one desk."""

    def __init__(self, calls: Calls, config: Config) -> None:
        self._calls, self._config = calls, config

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
        if answer.status in _MOVED:
            told = f"write its new name into desks.{self._config.desk_id}.repositories"
            raise DeskError(f"the repository has moved; {told}", "no")
        return good(answer)
