"""Getting a ticket's attachments: kept on disk by content, and what could not be had is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hercules.desks.desk import Desk
from hercules.house import House
from hercules.model import Attachment, DeskError, NotScanned
from hercules.store.inbox import InboxRow
from hercules.text import cut, one_line

FETCH_TRIES = 3
PATIENCE_S = 3600.0  # how long files are waited for while their desk is away
NAME_CHARS = 255


@dataclass(frozen=True, slots=True)
class Fetched:
    """Attachments on disk (name, content hash), what could not be had, and the keys of what was."""

    kept: tuple[tuple[str, str], ...]
    unread: tuple[NotScanned, ...]
    keys: frozenset[str] = frozenset()


def place_key(attachment: Attachment) -> str:
    """What a file is known by without fetching it, '' for one that came inline."""
    if attachment.content is not None or not attachment.url:
        return ""
    return hashlib.sha256(f"{attachment.name}\0{attachment.url}".encode("utf-8", "replace")).hexdigest()[:32]


def fetch(house: House, desk: Desk, attachments: Sequence[Attachment], row: InboxRow) -> Fetched:
    """Keep each attachment of the delivery `row` on disk.

    What cannot be had is told, at the last try or at once when the desk says never. Raises DeskError before,
    and while the desk is away.
    """
    kept: list[tuple[str, str]] = []
    unread: list[NotScanned] = []
    keys: set[str] = set()
    most = house.settings.ticket.attachments_max
    for attachment in attachments[:most]:
        try:
            kept.append((shown_name(attachment), _keep(house, desk, attachment, unread)))
            keys.add(place_key(attachment))
        except DeskError as error:
            if not error.permanent and not _given_up(house, row):
                raise
            unread.append(NotScanned(shown_name(attachment), "not-fetched", str(error)))
    for attachment in attachments[most:]:
        unread.append(NotScanned(shown_name(attachment), "members", f"only {most} attachments are read"))
    return Fetched(tuple(kept), tuple(unread), frozenset(keys - {""}))


def _given_up(house: House, row: InboxRow) -> bool:
    """True when a file is waited for no longer."""
    if row.desk_id in house.paused():
        return (house.clock() - row.received_at).total_seconds() > PATIENCE_S
    return row.attempts >= FETCH_TRIES


def shown_name(attachment: Attachment) -> str:
    """A file's name as it can be shown: one line, without control characters, not too long."""
    return cut(one_line(attachment.name), NAME_CHARS) or "unnamed"


def _keep(house: House, desk: Desk, attachment: Attachment, unread: list[NotScanned]) -> str:
    """Keep an attachment's content and give its hash; one that is too large is kept up to the limit."""
    if attachment.content is not None:
        return house.attachments.put((attachment.content,)).digest
    chunks = desk.fetch(attachment, house.settings.fetch.attachment_max)
    return house.attachments.put(_up_to_limit(chunks, shown_name(attachment), unread)).digest


def _up_to_limit(chunks: Iterator[bytes], name: str, unread: list[NotScanned]) -> Iterator[bytes]:
    came = False
    try:
        for chunk in chunks:
            came = True
            yield chunk
    except DeskError as error:
        if not (came and error.permanent):
            raise
        unread.append(NotScanned(name, "size", str(error)))
