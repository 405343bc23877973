"""`hercules kb export-labels`: one's own reviewed tickets as labelled questions for `kb eval`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import Config, check_desk, fail, short_house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hercules.events import Reviewed
    from hercules.house import House
    from hercules.kb.labels import LabelledSet, Question
    from hercules.store.db import Connection
    from hercules.store.suggestions import SuggestionRow

_DELIVERIES_MAX = 1_000_000


def export_labels(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder for the three files.")],
    desk: Annotated[str, typer.Option(help="Only this desk. [default: all]")] = "",
    config: Config = None,
) -> None:
    """Write reviewed suggestions as labelled questions for `kb eval`, redacted."""
    from hercules.kb import labels

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise fail(f"{folder} is not empty; nothing is overwritten", 2)
    with short_house(config) as house:
        check_desk(desk, house.desks)
        found = reviewed_labels(house, frozenset({desk}) if desk else house.desk_ids)
    rows = ((asked, key, value) for asked, values in found.judged.items() for key, value in values.items())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / labels.ARTICLES).write_text(labels.articles_jsonl(found.articles), "utf-8")
        (folder / labels.QUERIES).write_text(labels.questions_jsonl(found.questions), "utf-8")
        (folder / labels.JUDGEMENTS).write_text(labels.judgements_tsv(rows), "utf-8")
    except OSError as error:
        raise fail(f"{folder}: {error.strerror}") from error
    typer.echo(
        f"{len(found.questions)} reviewed tickets, {len(found.answerable)} of them with an accepted article, "
        f"and {len(found.articles)} articles in {folder}"
    )


def reviewed_labels(house: House, desk_ids: frozenset[str]) -> LabelledSet:
    """The reviewed tickets of these desks with their articles: an accepted first answer counts 1, others 0.

    One whose accepted answer is no article of today is left out: nobody knows which other one is right.
    Texts are those of the redacted deliveries that are still kept, else the subject alone; everything is
    redacted once more.
    """
    from hercules.kb.labels import LabelledSet
    from hercules.store import articles

    with house.db.read() as conn:
        pages = {
            each.id: each
            for each in articles.all_articles(conn)
            if each.desk_id in desk_ids | {"*"} and each.status == "published"
        }
        texts = dict(_texts(house, conn, desk_ids))
        questions: list[Question] = []
        judged: dict[str, dict[str, int]] = {}
        for review, stored in _reviewed(conn, desk_ids):
            keys = [item.article_id for item in stored.suggestion.items]
            accepted = review.label == "correct"
            if accepted and (not keys or keys[0] not in pages):
                continue
            asked = _question(conn, review, stored, texts.get((review.desk_id, review.ticket_id), ""))
            questions.append(asked)
            judged[asked.id] = _relevance([key for key in keys if key in pages], accepted=accepted)
    return LabelledSet(tuple(pages.values()), tuple(questions), judged)


def _relevance(keys: list[str], *, accepted: bool) -> dict[str, int]:
    """An acceptance is of the first answer: of the others it says nothing."""
    return {keys[0]: 1} if accepted else dict.fromkeys(keys, 0)


def _reviewed(conn: Connection, desk_ids: frozenset[str]) -> Iterator[tuple[Reviewed, SuggestionRow]]:
    """The newest clear review of each ticket with its suggestion, oldest ticket first."""
    from hercules.events import Reviewed
    from hercules.store import journal, suggestions

    newest: dict[tuple[str, str], Reviewed] = {}
    for recorded in journal.read(conn, desk_ids, [Reviewed]):
        event = recorded.event
        if isinstance(event, Reviewed) and event.label != "unsure":
            newest[event.desk_id, event.ticket_id] = event
    for event in newest.values():
        stored = suggestions.of_ticket(conn, event.desk_id, event.ticket_id)
        if stored is not None:
            yield event, stored


def _question(conn: Connection, review: Reviewed, stored: SuggestionRow, text: str) -> Question:
    """A ticket as a question. Its log is what of it was kept: evidence and errors that nothing explained."""
    from hercules.kb.labels import Question
    from hercules.redact import redact
    from hercules.store import tickets

    row = tickets.get(conn, review.desk_id, review.ticket_id)
    suggestion = stored.suggestion
    kept = [each.text for item in suggestion.items for each in item.evidence]
    kept += [error.text for error in suggestion.errors]
    return Question(
        f"{review.desk_id}/{review.ticket_id}",
        subject=redact(row.subject if row else ""),
        description=redact(text),
        log=redact("\n".join(dict.fromkeys(kept))),
        product=row.product if row else "",
    )


def _texts(house: House, conn: Connection, desk_ids: frozenset[str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Descriptions by desk and ticket, from the redacted deliveries that are still kept."""
    from hercules import views
    from hercules.store import inbox

    for row in inbox.list_some(conn, desk_ids, ("done",), _DELIVERIES_MAX):
        whole = inbox.get(conn, row.desk_id, row.delivery_id)
        for ticket in views.told_tickets(house, whole) if whole else ():
            yield (ticket.desk_id, ticket.ticket_id), ticket.description
