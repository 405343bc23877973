"""`hercules kb eval`: measure the search on questions with known answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hercules.cli.shared import AsJson, Config, fail, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hercules.kb.contract import SearchIndex
    from hercules.kb.evaluate import Asked, Outcome
    from hercules.kb.judging import Threshold
    from hercules.kb.labels import LabelledSet
    from hercules.kb.query import QueryOptions
    from hercules.settings import Settings

_ROUNDS = 1_000
_HALVES = ("all", "tuning", "frozen")


def evaluate(
    folder: Annotated[Path, typer.Argument(help="Holds articles.jsonl, queries.jsonl and judgements.tsv.")],
    queries: Annotated[
        Path | None, typer.Option(help="Other questions. [default: FOLDER/queries.jsonl]")
    ] = None,
    engine: Annotated[str, typer.Option(help="whoosh, tantivy or auto. [default: as set]")] = "",
    builder: Annotated[str, typer.Option(help="cut: as tickets are asked; raw: every word alike.")] = "cut",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Hits looked at for each question.")] = 50,
    half: Annotated[str, typer.Option(help="Only the tuning or the frozen half of the questions.")] = "all",
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Choose say_from for this precision.")
    ] = None,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Judge the search on labelled questions; the files are described in docs/search.md."""
    import time

    from hercules.kb.evaluate import BUILDERS, outcome, prepared
    from hercules.kb.index import ENGINES
    from hercules.settings import load_settings

    if builder not in BUILDERS:
        raise fail(f"--builder is {builder!r}; write one of {', '.join(BUILDERS)}", 2)
    if engine and engine not in ENGINES:
        raise fail(f"--engine is {engine!r}; write one of {', '.join(ENGINES)}", 2)
    if half not in _HALVES:
        raise fail(f"--half is {half!r}; write one of {', '.join(_HALVES)}", 2)
    labels = _read(folder, queries)
    settings = load_settings(config)
    asked = [each for each in prepared(labels.questions) if half in ("all", each.question.half)]
    if threshold is None:
        asked = [each for each in asked if labels.relevant(each.question.id)]
    left_out = sum(not labels.relevant(each.id) for each in labels.questions)
    if left_out:
        typer.echo(
            f"{left_out} of {len(labels.questions)} questions have no article that answers them", err=True
        )
    if not asked:
        raise fail(f"{folder}: no question is left to be asked", 2)
    with _temporary_index(settings, labels, engine or settings.kb.engine) as (index, options):
        outcomes = [
            outcome(each, labels, index, options, clock=time.perf_counter, builder=builder, limit=limit)
            for each in _shown(asked, json)
        ]
    if threshold is not None:
        _tell_threshold(outcomes, threshold, settings, json)
    elif json:
        print_json(_figures(outcomes))
    else:
        _tell(outcomes, labels)


# --- reading and building ---------------------------------------------------------------------------


def _read(folder: Path, queries: Path | None) -> LabelledSet:
    """The labelled set of a folder; ends with 2, naming file and line, when it cannot be read."""
    from hercules.kb import labels

    try:
        articles = labels.read_articles(*_named(folder / labels.ARTICLES))
        questions = labels.read_questions(*_named(queries or folder / labels.QUERIES))
        if not articles:
            raise fail(f"{folder / labels.ARTICLES}: there is no article", 2)
        asked, known = {each.id for each in questions}, {each.id for each in articles}
        judged = labels.read_judgements(*_named(folder / labels.JUDGEMENTS), asked, known)
    except labels.BadLabels as error:
        raise fail(str(error), 2) from error
    return labels.LabelledSet(articles, questions, judged)


def _named(path: Path) -> tuple[str, bytes]:
    try:
        return str(path), path.read_bytes()
    except OSError as error:
        raise fail(f"{path}: {error.strerror}", 2) from error


@contextmanager
def _temporary_index(
    settings: Settings, labels: LabelledSet, engine: str
) -> Iterator[tuple[SearchIndex, QueryOptions]]:
    """An index of the labelled articles alone, with the settings of the service."""
    import tempfile

    from hercules.folders import find_folders
    from hercules.kb.index import engine_for, open_index
    from hercules.offline import query_options
    from hercules.wiring import index_options

    folders = find_folders(settings)
    options = index_options(settings, folders)
    with tempfile.TemporaryDirectory(prefix="hercules-eval-") as place:
        index = open_index(Path(place) / "index", options, engine_for(engine, len(labels.articles)))
        index.rebuild(labels.articles)
        try:
            yield index, query_options(settings, options.synonyms)
        finally:
            index.close()


def _shown(asked: Sequence[Asked], json: bool) -> Iterator[Asked]:
    """The questions one by one, with progress where a person looks on."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    quiet = json or not console.is_terminal
    yield from track(asked, "questions", console=console, transient=True, disable=quiet)


# --- telling ----------------------------------------------------------------------------------------


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The measures of the questions that some article answers. Times leave the first question out."""
    from hercules.kb.judging import means, quantile

    told = [each.judgement for each in outcomes if each.judgement]
    took = sorted(each.took_s * 1000 for each in outcomes[1:] or outcomes)
    return {
        "queries": len(told),
        **{name: round(value, 6) for name, value in means(told).items()},
        "empty": sum(each.hits == 0 for each in told),
        "ms_p50": round(quantile(took, 0.5), 3),
        "ms_p99": round(quantile(took, 0.99), 3),
    }


def _tell(outcomes: Sequence[Outcome], labels: LabelledSet) -> None:
    """The measures for people: each with its interval, and for both halves of the questions."""
    import random

    from hercules.kb.judging import RATES, bootstrap, means

    dice = random.Random(0)
    figures = _figures(outcomes)
    parts = {
        name: [each.judgement for each in outcomes if each.judgement and each.question.half == name]
        for name in ("tuning", "frozen")
    }
    counts = "".join(f"{f'{name} ({len(told)})':>14}" for name, told in parts.items())
    typer.echo(f"{figures['queries']} questions, {len(labels.articles)} articles")
    typer.echo(f"{'x 100':<11}{'all':>7}   95% interval{counts}")
    for name in RATES:
        values = [each.judgement.rates[name] for each in outcomes if each.judgement]
        low, high = bootstrap(values, lambda count: dice.choices(range(count), k=count), _ROUNDS)
        halves = (f"{means(told)[name] * 100:.1f}" if told else "-" for told in parts.values())
        by_half = "".join(f"{each:>14}" for each in halves)
        typer.echo(
            f"{name:<11}{figures[name] * 100:>7.1f}   {low * 100:>5.1f} to {high * 100:<5.1f}{by_half}"
        )
    typer.echo(f"without any hit: {figures['empty']}")
    typer.echo(f"builder and search: p50 {figures['ms_p50']:.1f} ms, p99 {figures['ms_p99']:.1f} ms")


def _tell_threshold(outcomes: Sequence[Outcome], precision: float, settings: Settings, json: bool) -> None:
    """The threshold of a wanted precision, what it would give, and what the present one gives."""
    from hercules.kb.judging import at_threshold, threshold_for

    seen = [each.answered for each in outcomes]
    found, present = threshold_for(seen, precision), at_threshold(seen, settings.kb.say_from)
    if json:
        print_json({"precision": precision, "chosen": _plain(found), "present": _plain(present)})
        return
    if found is None:
        typer.echo(f"No threshold answers with a precision of {precision:.2f}.")
    else:
        typer.echo(f"say_from = {found.say_from:.4g}   for a precision of {precision:.2f}")
        typer.echo(f"  {_sentence(found)}")
        typer.echo("  Write it into hercules.toml below [kb], or for one desk alone below [desks.NAME].")
        if found.say_from < settings.kb.hold_from:
            typer.echo(
                f"  Below kb.hold_from = {settings.kb.hold_from:.4g} nothing is shown: lower that too."
            )
    typer.echo(f"now: say_from = {present.say_from:.4g}\n  {_sentence(present)}")


def _plain(found: Threshold | None) -> dict[str, object] | None:
    from dataclasses import asdict

    return None if found is None else asdict(found)


def _sentence(found: Threshold) -> str:
    from hercules.stats import wilson

    right = "nothing is answered"
    if found.answered:
        low, high = wilson(found.right, found.answered)
        right = (
            f"{found.right} of {found.answered} answers right "
            f"({found.right / found.answered:.1%}, 95% interval {low:.1%} to {high:.1%})"
        )
    silence = "" if found.silence is None else f", silent on {found.silence:.1%} of the unanswerable"
    return f"{right}; {found.coverage:.1%} of the answerable answered{silence}"
