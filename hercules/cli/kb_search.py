"""`hercules kb search`: articles for typed words or for a ticket's text, and why each was found."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from hercules.cli.shared import AsJson, Config, fail, print_json

if TYPE_CHECKING:
    from hercules.kb.contract import WordStats
    from hercules.kb.cut import Kept
    from hercules.look import Engines
    from hercules.model import Hit, KbQuery, Term, Ticket

MEANT_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query, the typed words it was made of, and what was kept of a ticket it was made of."""

    query: KbQuery
    words: tuple[str, ...] = ()
    kept: Kept | None = None


class DashedWords(TyperCommand):
    """A command whose words may begin with a dash, such as `-without`; options of one letter stand alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Sets such words behind `--`, where nothing is an option."""
        end = args.index("--") if "--" in args else len(args)
        dashed = [each for each in args[:end] if len(each) > 2 and each[0] == "-" != each[1]]
        others = [each for each in args[:end] if each not in dashed]
        return list(super().parse_args(ctx, [*others, "--", *dashed, *args[end + 1 :]]))


def search(
    words: Annotated[
        list[str],
        typer.Argument(
            help='Words; "a phrase", -without, product:jira. Or a file with the text of a ticket; - reads it.'
        ),
    ],
    explain: Annotated[
        bool, typer.Option("--explain", help="Print what was asked, and why each was found.")
    ] = False,
    product: Annotated[str, typer.Option(help="Its articles only; of a ticket: its product.")] = "",
    limit: Annotated[int, typer.Option(help="How many, at most.", min=1)] = 10,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Find articles by words, or by the text of a ticket as a desk's ticket would."""
    from hercules.offline import offline_engines
    from hercules.settings import load_settings
    from hercules.views import MEANT_BELOW

    settings = load_settings(config)
    ticket = _ticket_of(words, product)
    with offline_engines(settings) as engines:
        asked = _of_ticket(ticket, engines) if ticket else _typed(" ".join(words), product, engines)
        query = _at_all_desks(asked.query, settings.desks)
        stats, index = engines.index.words, engines.index
        hits = index.search(query, limit=limit)
        few = len(hits) < MEANT_BELOW
        meant = [near for word in asked.words for near in index.suggest(word)] if few else []
        told = list(_explained(asked, stats)) if explain and not json else []
        terms = [_plain_term(term, stats) for term in asked.query.terms] if explain and json else []
    if json:
        why = _plain_explained(asked, terms) if explain else {}
        print_json({"hits": [_plain_hit(hit) for hit in hits], "did_you_mean": meant, **why})
        return
    for line in (*told, *(line for hit in hits for line in _lines(hit, explain=explain))):
        typer.echo(line)
    nearly = f"Did you mean {', '.join(dict.fromkeys(meant[:MEANT_SHOWN]))}?" if meant else ""
    if nearly or not hits:
        typer.echo(" ".join(filter(None, ("" if hits else "Nothing found.", nearly))))


# --- what is asked --------------------------------------------------------------------------------------


def _at_all_desks(query: KbQuery, desks: Iterable[str]) -> KbQuery:
    """Who works on this machine may see the articles of every desk."""
    return replace(query, filters=replace(query.filters, desk_ids=query.filters.desk_ids.union(desks)))


def _ticket_of(words: Sequence[str], product: str) -> Ticket | None:
    """The ticket in a file or on standard input, None for typed words; JSON as `hercules answer` takes it."""
    from datetime import UTC, datetime

    from hercules.model import Ticket
    from hercules.offline import read_ticket

    if len(words) != 1:
        return None
    now, path = datetime.now(UTC), Path(words[0])
    if words[0] == "-":
        body = sys.stdin.buffer.read()
    elif isfile(path):  # a long text is no path, and `Path.is_file` raises at one
        body = _bytes(path)
    else:
        return None
    if path.suffix.casefold() == ".json":
        found, _ = read_ticket(body, now)
        return replace(found, product=product or found.product)
    return Ticket("search", "search", "", body.decode("utf-8", "replace"), now, product=product)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise fail(f"{path}: {error.strerror}", 2) from None


def _of_ticket(ticket: Ticket, engines: Engines) -> _Asked:
    from hercules.kb.query import build, kept_of

    query = build(ticket, (), (), engines.index.words, engines.query)
    return _Asked(query, kept=kept_of(ticket, engines.query))


def _typed(text: str, product: str, engines: Engines) -> _Asked:
    from hercules.kb.box import box_query, read_box

    box = read_box(text)
    if product:
        box = replace(box, product=product.casefold())
    return _Asked(box_query(box, engines.index.words, engines.query), box.words)


# --- hits -----------------------------------------------------------------------------------------------


def _lines(hit: Hit, *, explain: bool) -> Iterator[str]:
    from hercules.kb.words import RUN
    from hercules.text import one_line

    yield f"{hit.share:.2f}  {one_line(hit.title)}"
    if not explain:
        matched = ", ".join(sorted({term for term, _, _ in hit.matched if RUN not in term}))
        yield f"      {hit.article_id}  matched: {matched}"
        return
    yield f"      {hit.article_id}  points {hit.score:.2f}, share {hit.share:.2f}"
    fields: dict[str, dict[str, None]] = {}
    for term, _, field in hit.matched:
        fields.setdefault(field, {})[term.replace(RUN, " ")] = None
    for field, terms in fields.items():
        yield f"      {field}: {', '.join(terms)}"


def _plain_hit(hit: Hit) -> dict[str, object]:
    return {
        "id": hit.article_id,
        "title": hit.title,
        "score": round(hit.score, 4),
        "share": round(hit.share, 4),
        "matched": [list(each) for each in hit.matched],
    }


# --- explaining -----------------------------------------------------------------------------------------


def _explained(asked: _Asked, stats: WordStats) -> Iterator[str]:
    """What of a ticket was kept and dropped, and the terms that were asked."""
    from hercules.kb.words import RUN

    for kind, lines in _kept(asked).items():
        yield from (f"kept     {kind}: {line}" for line in lines)
    yield from (f"dropped  {line}" for line in asked.query.dropped)
    yield f"terms, of {stats.articles} articles:"
    yield "  weight  idf    articles  source     word"
    for term in asked.query.terms:
        plain = _plain_term(term, stats)
        shown = f"{term.shown} ({term.text})" if term.shown not in ("", term.text) else term.text
        also = f", {term.stands}" if term.stands != term.source else ""
        yield (
            f"  {term.weight:6.2f}  {plain['idf']:5.2f}  {plain['articles']:8}  {term.source:9}  "
            f"{shown.replace(RUN, ' ')}{' [exact]' if term.exact else ''}{also}"
        )


def _kept(asked: _Asked) -> dict[str, list[str]]:
    """The kept lines of a ticket by what they are taken for."""
    kept = asked.kept
    if kept is None:
        return {}
    exceptions = [f"{name}: {message}" if message else name for name, message in kept.exceptions]
    return {
        "prose": kept.prose,
        "quote": kept.quotes,
        "exception": exceptions,
        "log": kept.logs,
        "environment": kept.environment,
    }


def _plain_term(term: Term, stats: WordStats) -> dict[str, object]:
    from hercules.kb.confidence import rarity

    found_in = stats.found_in(term.text, term.exact)
    return {
        "text": term.text,
        "shown": term.shown,
        "weight": round(term.weight, 4),
        "source": term.source,
        "stands": term.stands,
        "exact": term.exact,
        "articles": found_in,
        "idf": round(rarity(stats.articles, found_in), 4),
    }


def _plain_explained(asked: _Asked, terms: list[dict[str, object]]) -> dict[str, object]:
    return {"kept": _kept(asked), "dropped": list(asked.query.dropped), "terms": terms}
