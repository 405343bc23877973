"""`hercules kb`: build, search and show the knowledge base."""

from __future__ import annotations

from typing import Annotated

import typer

from hercules.cli import articles, kb_eval, kb_labels
from hercules.cli.shared import AsJson, Config, print_json

app = typer.Typer(no_args_is_help=True, help="Build, search and show the knowledge base.")
app.command("build")(articles.build)
app.command("show")(articles.show)
app.command("sources")(articles.show_sources)
app.command("eval")(kb_eval.evaluate)
app.command("export-labels")(kb_labels.export_labels)


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
