"""Pages of Confluence, Cloud and Data Center, by space and label, over its REST API."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from urllib.parse import urlencode, urlsplit

from hercules.calling import Reach
from hercules.model import SettingsError
from hercules.settings import SourceSettings
from hercules.sources.calls import (
    Asking,
    Caller,
    Json,
    at,
    credentials,
    following,
    iso_time,
    list_at,
    reach_of,
    read_json,
    text_at,
)
from hercules.sources.source import (
    Deleted,
    Problem,
    Source,
    SourceFailed,
    SourcePage,
    Table,
    Tools,
    own_settings,
    wrong,
)

_PART = 50
_READINGS = 3
_DIGITS = 10
_READERS = "restrictions.read.restrictions"
_EXPAND = (
    "body.storage,version,metadata.labels,ancestors,"
    f"{_READERS}.user,{_READERS}.group"
)  # fmt: skip
_CLOUD = ".atlassian.net"


class ConfluenceSettings(Table):
    """Settings of the kind `confluence`. `base_url` is what stands before `/rest/api`."""

    base_url: str = ""
    space: str | tuple[str, ...] = ()
    label: str | tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()


class ConfluenceKind:
    """The kind `confluence`: Cloud is asked with `user` and `token`, Data Center with `token` alone."""

    @classmethod
    def reach(cls, name: str, settings: SourceSettings) -> Reach:
        """The host of `base_url`. Raises SettingsError."""
        own = own_settings(ConfluenceSettings, name, settings)
        return reach_of(name, {"base_url": own.base_url}, own.private_hosts)

    @classmethod
    def make(cls, name: str, settings: SourceSettings, tools: Tools) -> Source:
        """The source of these settings. Raises SettingsError."""
        own = own_settings(ConfluenceSettings, name, settings)
        spaces, labels = _listed(own.space), _listed(own.label)
        if not spaces and not labels:
            raise SettingsError(
                wrong(name, "space", 'write the key of a space, such as space = "KB", or a label')
            )
        asking = Asking(name, credentials(name, settings), settings.deadline, "space")
        return ConfluenceSource(name, _base(own.base_url), spaces, labels, asking, tools)


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str) else value
    return tuple(each.strip() for each in given if each.strip())


def _base(url: str) -> str:
    """The address before `/rest/api`: Cloud has its pages below `/wiki`."""
    parts = urlsplit(url)
    cloud = (parts.hostname or "").endswith(_CLOUD) and parts.path in ("", "/")
    return f"{url.rstrip('/')}/wiki" if cloud else url.rstrip("/")


class ConfluenceSource:
    """The pages of some spaces, or those with a label; restricted ones are for engineers only."""

    local = False
    complete = True
    steady = True

    def __init__(
        self,
        name: str,
        base: str,
        spaces: tuple[str, ...],
        labels: tuple[str, ...],
        asking: Asking,
        tools: Tools,
    ) -> None:
        self.name, self._base = name, base
        self._spaces, self._labels = spaces, labels
        self._asking, self._tools = asking, tools

    @property
    def where(self) -> str:
        """The address, the spaces and the labels."""
        named = [f"space {', '.join(self._spaces)}"] if self._spaces else []
        named += [f"label {', '.join(self._labels)}"] if self._labels else []
        return f"{self._base}, {', '.join(named)}"

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """One pass. What cannot be listed is a Problem that ends it."""
        caller = Caller(self._asking, self._tools)
        guarded = _Guarded(caller, self._base)
        try:
            for first in self._listings():
                yield from self._listing(caller, guarded, first)
        except SourceFailed as error:
            yield Problem(self.name, str(error), ended=True)

    def _listings(self) -> Iterator[str]:
        """The first address of each listing: one a space, or one search when labels are asked for."""
        wanted = {"expand": _EXPAND, "limit": str(_PART)}
        if not self._labels:
            for space in self._spaces:
                asked = {"spaceKey": space, "type": "page", "status": "current", **wanted}
                yield f"{self._base}/rest/api/content?{urlencode(asked)}"
            return
        cql = f"type = page and label in ({_quoted(self._labels)})"
        if self._spaces:
            cql += f" and space in ({_quoted(self._spaces)})"
        yield f"{self._base}/rest/api/content/search?{urlencode({'cql': cql, **wanted})}"

    def _listing(self, caller: Caller, guarded: _Guarded, url: str) -> Iterator[SourcePage | Problem]:
        """The pages of one listing, each once; a listing that moved meanwhile is read from its beginning."""
        told: set[str] = set()
        for _ in range(_READINGS):
            caller.start_over()
            if (yield from self._parts(caller, guarded, url, told)):
                return
        raise caller.failed(f"pages were removed while they were listed, {_READINGS} times")

    def _parts(
        self, caller: Caller, guarded: _Guarded, url: str, told: set[str]
    ) -> Generator[SourcePage | Problem, None, bool]:
        """The pages that are not `told` yet. False when some may have been skipped.

        Parts are counted by pages, so that a page that is removed meanwhile moves all behind it one forward,
        past the part that is asked for next. Therefore each begins with the last page of the one before.
        """
        last = ""
        while url:
            value = caller.listing(url)
            items = at(value, "results")
            if not isinstance(items, list):
                raise caller.failed("the listing holds no results", look=True)
            keys = [text_at(item, "id") for item in items]
            if last and last not in keys:
                return False
            base = text_at(value, "_links.base") or self._base
            for number, (key, item) in enumerate(zip(keys, items, strict=True), start=1):
                if not key or key not in told:
                    told.add(key)
                    yield self._page(item, number, base, guarded)
            onward = self._next(url, at(value, "_links.next"))
            url = _one_back(onward, text_at(value, "start"), len(items))
            last = keys[-1] if url != onward else ""
        return True

    def _next(self, url: str, onward: Json) -> str:
        """Data Center tells the rest of the path behind its own address, Cloud leaves `/wiki` away."""
        if not isinstance(onward, str) or not onward:
            return ""
        inside = urlsplit(self._base).path
        if onward.startswith("/") and inside and not onward.startswith(f"{inside}/"):
            onward = inside + onward
        return following(url, onward)

    def _page(self, item: Json, number: int, base: str, guarded: _Guarded) -> SourcePage | Problem:
        key, title = text_at(item, "id"), text_at(item, "title")
        body = at(item, "body.storage.value")
        if not key:
            return Problem(self.name, f"{self.name}: item {number} of a listing has no id.", ended=True)
        if not isinstance(body, str):
            return Problem(title or key, f"The page {title!r} ({key}) came without its text.", key)
        labels = [text_at(each, "name") for each in list_at(item, "metadata.labels.results")]
        web = text_at(item, "_links.webui")
        return SourcePage(
            key,
            f"{title} ({key})",
            body.encode("utf-8", "replace"),
            "storage",
            title=title,
            url=f"{base.rstrip('/')}{web}" if web.startswith("/") else "",
            tags=tuple(label for label in labels if label),
            audience="internal" if guarded.page(item) else "public",
            status="published" if text_at(item, "status") in ("", "current") else "draft",
            updated_at=iso_time(text_at(item, "version.when")),
        )


def _one_back(url: str, start: str, count: int) -> str:
    """The address of the next part with one page before it, as it is where its place is not counted so.

    That place is sure only behind a part without gaps: pages that our account may not see leave some. A part
    of one page would never come to an end.
    """
    if count < 2 or not (start.isascii() and start.isdigit() and len(start) < _DIGITS):
        return url
    head, mark, query = url.partition("?")
    fields, place = query.split("&"), int(start) + count
    back = [f"start={place - 1}" if each == f"start={place}" else each for each in fields]
    return f"{head}{mark}{'&'.join(back)}"


class _Guarded:
    """Which pages only some may read: by a restriction of their own, or of a page they lie below."""

    def __init__(self, caller: Caller, base: str) -> None:
        self._caller, self._base = caller, base
        self._known: dict[str, bool] = {}

    def page(self, item: Json) -> bool:
        """True for a page that not everybody may read, and for one of which that is not told."""
        own = self._known[text_at(item, "id")] = _restricted(item)
        return own or any(self._above(text_at(each, "id")) for each in list_at(item, "ancestors"))

    def _above(self, page_id: str) -> bool:
        """Asked once a pass. What cannot be asked counts as restricted, so that nothing gets out."""
        if page_id not in self._known:
            url = f"{self._base}/rest/api/content/{page_id}?expand={_READERS}.user,{_READERS}.group"
            answer = self._caller.answer(url) if page_id.isalnum() else None
            self._known[page_id] = answer is None or answer.status != 200 or _restricted(_json(answer.body))
        return self._known[page_id]


def _restricted(item: Json) -> bool:
    told = at(item, _READERS)
    if not isinstance(told, dict):
        return True
    return any(
        list_at(told, f"{who}.results") or text_at(told, f"{who}.size") not in ("", "0") for who in told
    )


def _json(body: bytes) -> Json:
    """What an answer tells, None where it tells nothing."""
    try:
        return read_json(body)
    except ValueError:
        return None


def _quoted(words: tuple[str, ...]) -> str:
    """Words as texts of the query language."""
    return ", ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
