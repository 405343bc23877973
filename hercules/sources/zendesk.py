"""Articles of a Zendesk Help Center, over its API with cursor paging."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

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

_PART = 100


class ZendeskSettings(Table):
    """Settings of the kind `zendesk`; with `label` only articles that have one of these labels are taken."""

    base_url: str = ""
    locale: str = "en-us"
    label: str | tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()


class ZendeskKind:
    """The kind `zendesk`. `user` is the mail address that the API token belongs to."""

    @classmethod
    def reach(cls, name: str, settings: SourceSettings) -> Reach:
        """The host of `base_url`. Raises SettingsError."""
        own = own_settings(ZendeskSettings, name, settings)
        return reach_of(name, {"base_url": own.base_url}, own.private_hosts)

    @classmethod
    def make(cls, name: str, settings: SourceSettings, tools: Tools) -> Source:
        """The source of these settings. Raises SettingsError."""
        own = own_settings(ZendeskSettings, name, settings)
        if not own.locale.replace("-", "").isalnum():
            raise SettingsError(wrong(name, "locale", 'write a locale of the help center, such as "en-us"'))
        # With an API token the account is written as mail/token; a token alone is one of OAuth.
        user = f"{settings.user.removesuffix('/token')}/token" if settings.user else ""
        asking = Asking(name, credentials(name, settings, user), settings.deadline, "locale")
        labels = (own.label,) if isinstance(own.label, str) else own.label
        wanted = frozenset(label.casefold() for label in labels if label)
        return ZendeskSource(name, own.base_url.rstrip("/"), own.locale, wanted, asking, tools)


class ZendeskSource:
    """The articles of one locale. Drafts stay drafts, and what a user segment guards is internal."""

    local = False
    complete = True
    steady = True

    def __init__(
        self, name: str, base: str, locale: str, labels: frozenset[str], asking: Asking, tools: Tools
    ) -> None:
        self.name, self._base, self._locale, self._labels = name, base, locale, labels
        self._asking, self._tools = asking, tools

    @property
    def where(self) -> str:
        """The address and the locale."""
        return f"{self._base}, locale {self._locale}"

    def read(self) -> Iterator[SourcePage | Deleted | Problem]:
        """One pass. What cannot be listed is a Problem that ends it."""
        caller = Caller(self._asking, self._tools)
        locale = quote(self._locale, safe="")
        url = f"{self._base}/api/v2/help_center/{locale}/articles.json?page%5Bsize%5D={_PART}"
        try:
            while url:
                value = caller.listing(url)
                items = at(value, "articles")
                if not isinstance(items, list):
                    raise caller.failed("the listing holds no articles", look=True)
                yield from (self._page(item) for item in items if self._wanted(item))
                more = at(value, "meta.has_more")
                url = "" if more is False else following(url, at(value, "links.next"))
                if more is True and not url:
                    raise caller.failed("the listing goes on, but does not say where")
        except SourceFailed as error:
            yield Problem(self.name, str(error), ended=True)

    def _wanted(self, item: Json) -> bool:
        return not self._labels or bool(self._labels & {label.casefold() for label in _labels(item)})

    def _page(self, item: Json) -> SourcePage | Problem:
        key, title = text_at(item, "id"), text_at(item, "title")
        if not key:
            return Problem(self.name, f"{self.name}: an article of the listing has no id.", ended=True)
        body = at(item, "body")
        if body is not None and not isinstance(body, str):
            return Problem(title or key, f"The article {title!r} ({key}) came without its text.", key)
        return SourcePage(
            key,
            f"{title} ({key})",
            (body or "").encode("utf-8", "replace"),
            "html",
            title=title,
            url=text_at(item, "html_url"),
            tags=_labels(item),
            language=text_at(item, "locale") or self._locale,
            audience="internal" if _guarded(item) else "public",
            status="published" if at(item, "draft") is False else "draft",
            updated_at=iso_time(text_at(item, "edited_at") or text_at(item, "updated_at")),
        )


def _labels(item: Json) -> tuple[str, ...]:
    return tuple(label for label in list_at(item, "label_names") if isinstance(label, str))


def _guarded(item: Json) -> bool:
    """True when only some may read it, and when that is not told."""
    if not isinstance(item, dict) or "user_segment_id" not in item:
        return True
    return item["user_segment_id"] is not None or bool(list_at(item, "user_segment_ids"))
