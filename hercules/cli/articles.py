"""`hercules kb build`, `sources` and `show`: articles from their sources to the database and the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import AsJson, Config, fail, print_json, short_house

if TYPE_CHECKING:
    from hercules.house import House
    from hercules.model import Article
    from hercules.settings import Settings
    from hercules.sources.source import Deleted, Problem, Source, SourcePage
    from hercules.store.passes import Pass

    Watch = Callable[[SourcePage | Deleted | Problem], None]


def build(
    full: Annotated[
        bool, typer.Option("--full", help="Read every page again, and build the index anew.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Delete even when most articles are gone.")
    ] = False,
    config: Config = None,
) -> None:
    """Read the articles into the database and build the index; a running service follows by itself.

    Sources that were added or taken away need a restart of the service.
    """
    from hercules import library
    from hercules.wiring import sources

    with short_house(config) as house:
        made = sources(house.folders, house.settings, house.closing.wait)
        names = {source.name for source in made}
        before, _ = library.last_passes(house.folders.data)
        for name, count in library.drop_others(house, names).items():
            typer.echo(f"{name}: is set no longer, {count} articles removed")
        good = [_pull(house, source, full=full, allow_shrink=allow_shrink) for source in made]
        good.append(_checked_synonyms(house))
        _sync(house, full=full)
    if before and before.keys() != names:
        typer.echo("A running service keeps the sources that it was started with: restart it.")
    if not all(good):
        raise typer.Exit(1)


def _pull(house: House, source: Source, *, full: bool, allow_shrink: bool) -> bool:
    """One pass, told in a line, with a bar on a terminal; False when something could not be read."""
    import time

    from hercules import library
    from hercules.text import clean

    begun = time.monotonic()
    with _bar(house, source) as watch:
        try:
            pulled = library.pull(house, source, full=full, allow_shrink=allow_shrink, watch=watch)
        except library.RefusedToShrink as error:
            typer.echo(f"hercules: {error}", err=True)
            return False
    typer.echo(
        f"{source.name}: {pulled.seen} articles, {pulled.changed} changed, {pulled.removed} removed, "
        f"{time.monotonic() - begun:.2f} s"
    )
    for sentence in pulled.sentences:
        typer.echo(f"  {clean(sentence)}", err=True)
    return not pulled.problems


@contextmanager
def _bar(house: House, source: Source) -> Iterator[Watch]:
    """Counts pages on a terminal; how many there are in all is guessed from the last pass."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from hercules.store import passes

    with house.db.read() as conn:
        expected = passes.counts(conn).get(source.name)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(source.name, total=expected)
        yield lambda _: progress.advance(task)


def _checked_synonyms(house: House) -> bool:
    """False when a line of the synonyms is wrong; each is named, and left out."""
    from hercules.kb.synonyms import read_synonyms

    _, refusals = read_synonyms(house.synonyms, str(house.folders.synonyms))
    for refusal in refusals:
        typer.echo(f"  {refusal}", err=True)
    return not refusals


def _sync(house: House, *, full: bool) -> None:
    import time

    from hercules import library

    begun = time.monotonic()
    built = library.sync(house, full=full)
    spent = time.monotonic() - begun
    articles = house.index.stats().articles
    rate = f", {articles / spent:.0f} articles/s" if built and spent else ""
    typer.echo(f"index: {articles} articles, {'built' if built else 'up to date'} in {spent:.2f} s{rate}")


def show(article_id: str, config: Config = None) -> None:
    """Print one article by its id or key."""
    from hercules import library
    from hercules.folders import find_folders
    from hercules.settings import load_settings
    from hercules.text import clean
    from hercules.wiring import sources

    settings = load_settings(config)
    folders = find_folders(settings)
    for article in library.held(sources(folders, settings), settings, folders.data):
        if article_id in (article.id, article.key):
            typer.echo(clean(f"# {article.title}\n{_facts(article)}\n\n{article.markdown or article.body}"))
            return
    raise fail(f"there is no article {article_id!r}; `hercules kb search` finds some")


def _facts(article: Article) -> str:
    """What is known beside the text, on one line."""
    updated = article.updated_at.strftime("updated %Y-%m-%d") if article.updated_at else ""
    desk = "" if article.desk_id == "*" else f"for desk {article.desk_id}"
    status = "" if article.status == "published" else article.status
    tags = f"tags {', '.join(article.tags)}" if article.tags else ""
    facts = (article.id, article.product, article.audience, status, desk, article.language, updated, tags)
    return ", ".join(fact for fact in (*facts, article.url) if fact)


def show_sources(json: AsJson = False, config: Config = None) -> None:
    """List where articles come from, the last pass over each, and what could not be read."""
    from hercules import library
    from hercules.folders import find_folders
    from hercules.settings import load_settings
    from hercules.wiring import sources

    settings = load_settings(config)
    folders = find_folders(settings)
    made = sources(folders, settings)
    last, counts = library.last_passes(folders.data)
    rows = [_row(source, settings, last.get(source.name), counts.get(source.name, 0)) for source in made]
    if json:
        print_json({"sources": rows})
        return
    for row, source in zip(rows, made, strict=True):
        typer.echo(_line(row, last.get(source.name), short=not settings.sources))
        for problem in _texts(row["problems"]):
            typer.echo(f"  {problem}", err=True)


def _row(source: Source, settings: Settings, last: Pass | None, count: int) -> dict[str, object]:
    """A source as JSON tells it. One on this machine is read now, so that a mistake shows at once."""
    from hercules import library
    from hercules.text import clean

    common = settings.sources.get(source.name)
    problems = list(last.problems) if last else []
    if source.local:
        articles, found = library.read_source(source, library.origin_of(source, settings))
        count, problems = len(articles), [library.sentence(each) for each in found]
    return {
        "name": source.name,
        "kind": common.kind if common else "folder",
        "where": source.where,
        "articles": count,
        "last_pass": None if last is None else _told(last),
        "problems": [clean(problem) for problem in problems],
    }


def _told(last: Pass) -> dict[str, object]:
    return {
        "begun_at": last.begun_at.isoformat(timespec="seconds"),
        "seconds": round((last.ended_at - last.begun_at).total_seconds(), 3),
        "seen": last.seen,
        "changed": last.changed,
        "removed": last.removed,
        "failed": last.failed,
    }


def _line(row: dict[str, object], last: Pass | None, *, short: bool) -> str:
    if short:
        return f"{row['name']}: {row['articles']} articles in {row['where']}"
    told = "no pass yet; run: hercules kb build"
    if last is not None:
        at = last.begun_at.strftime("%Y-%m-%d %H:%M UTC")
        told = f"last pass {at}, {last.changed} changed, {last.removed} removed, {last.failed} problems"
    return f"{row['name']} ({row['kind']}): {row['articles']} articles in {row['where']}; {told}"


def _texts(value: object) -> Sequence[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
