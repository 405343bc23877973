"""`hercules kb`: build, search, measure and show the knowledge base."""

from __future__ import annotations

import typer

from hercules.cli import articles, kb_eval, kb_labels, kb_search

app = typer.Typer(no_args_is_help=True, help="Build, search, measure and show the knowledge base.")
app.command("build")(articles.build)
app.command("search", cls=kb_search.DashedWords)(kb_search.search)
app.command("show")(articles.show)
app.command("sources")(articles.show_sources)
app.command("eval")(kb_eval.evaluate)
app.command("export-labels")(kb_labels.export_labels)
