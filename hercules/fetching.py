"""Getting a ticket's attachments: kept on disk by content, and what could not be had is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hercules.desks.desk import Desk
from hercules.house import House
from hercules.model import Attachment, DeskError, NotScanned
from hercules.text import cut, one_line

FETCH_TRIES = 3
NAME_CHARS = 255


@dataclass(frozen=True, slots=True)
class Fetched:
    """Attachments on disk (name, content hash) and those that could not be had."""

    kept: tuple[tuple[str, str], ...]
    unread: tuple[NotScanned, ...]


def fetch(house: House, desk: Desk, attachments: Sequence[Attachment], attempts: int) -> Fetched:
    """Keep each attachment on disk; `attempts` is which try of the delivery this is, from 1.

    What cannot be had is told, at the last try or at once when the desk says never. Raises DeskError before.
    """
    kept: list[tuple[str, str]] = []
    unread: list[NotScanned] = []
    most = house.settings.ticket.attachments_max
    for attachment in attachments[:most]:
        try:
            kept.append((shown_name(attachment), _keep(house, desk, attachment, unread)))
        except DeskError as error:
            if not error.permanent and attempts < FETCH_TRIES:
                raise
            unread.append(NotScanned(shown_name(attachment), "not-fetched", str(error)))
    for attachment in attachments[most:]:
        unread.append(NotScanned(shown_name(attachment), "members", f"only {most} attachments are read"))
    return Fetched(tuple(kept), tuple(unread))


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
