"""`hercules kb`: build, search and show the knowledge base."""

from __future__ import annotations

from typing import Annotated

import typer

from hercules.cli.shared import AsJson, Config, fail, print_json, short_house

app = typer.Typer(no_args_is_help=True, help="Build, search and show the knowledge base.")


@app.command("build")
def build(
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Delete even when most articles are gone.")
    ] = False,
    config: Config = None,
) -> None:
    """Read the articles into the database and build the index; a running service follows by itself."""
    import time

    from hercules import library
    from hercules.wiring import sources

    failed = False
    with short_house(config) as house:
        for source in sources(house.folders):
            begun = time.monotonic()
            pulled = library.pull(house, source, allow_shrink=allow_shrink)
            typer.echo(
                f"{source.name}: {pulled.seen} articles, {pulled.changed} changed, {pulled.removed} removed, "
                f"{time.monotonic() - begun:.2f} s"
            )
            for problem in pulled.problems:
                typer.echo(f"  {problem.message}", err=True)
            failed = failed or bool(pulled.problems)
        begun = time.monotonic()
        built = library.sync(house)
        spent = time.monotonic() - begun
        articles = house.index.stats().articles
        rate = f", {articles / spent:.0f} articles/s" if built and spent else ""
        typer.echo(f"index: {articles} articles, {'built' if built else 'up to date'} in {spent:.2f} s{rate}")
    if failed:
        raise typer.Exit(1)


@app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(help='Words; "a phrase", -without, product:jira.')],
    limit: int = 10,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Find articles by words, as a ticket would."""
    from hercules.kb.box import box_query, read_box
    from hercules.offline import offline_engines
    from hercules.settings import load_settings

    with offline_engines(load_settings(config)) as engines:
        box = read_box(" ".join(words))
        hits = engines.index.search(box_query(box, engines.index.words, engines.query), limit=limit)
        meant = [] if hits else [near for word in box.words for near in engines.index.suggest(word)]
    if json:
        print_json(
            {
                "hits": [
                    {
                        "id": hit.article_id,
                        "title": hit.title,
                        "score": round(hit.score, 4),
                        "share": round(hit.share, 4),
                        "matched": [list(each) for each in hit.matched],
                    }
                    for hit in hits
                ],
                "did_you_mean": meant,
            }
        )
        return
    for hit in hits:
        matched = ", ".join(sorted({term for term, _, _ in hit.matched}))
        typer.echo(f"{hit.share:.2f}  {hit.title}\n      {hit.article_id}  matched: {matched}")
    if not hits:
        typer.echo("Nothing found." + (f" Did you mean {', '.join(meant[:5])}?" if meant else ""))


@app.command("show")
def show(article_id: str, config: Config = None) -> None:
    """Print one article by its id or key."""
    from hercules.folders import find_folders
    from hercules.library import read_source
    from hercules.settings import load_settings
    from hercules.text import clean
    from hercules.wiring import sources

    folders = find_folders(load_settings(config))
    for source in sources(folders):
        for article in read_source(source)[0]:
            if article_id in (article.id, article.key):
                typer.echo(clean(f"# {article.title}\n\n{article.markdown or article.body}"))
                return
    raise fail(f"there is no article {article_id!r}; `hercules kb search` finds some")


@app.command("sources")
def show_sources(config: Config = None) -> None:
    """List where articles come from and what cannot be read there."""
    from hercules.folders import find_folders
    from hercules.library import read_source
    from hercules.settings import load_settings
    from hercules.wiring import sources

    folders = find_folders(load_settings(config))
    for source in sources(folders):
        articles, problems = read_source(source)
        typer.echo(f"{source.name}: {len(articles)} articles in {folders.articles}")
        for problem in problems:
            typer.echo(f"  {problem.message}", err=True)
