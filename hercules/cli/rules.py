"""`hercules rules`: check, test and explain rules; drafting and importing them is told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli import rules_new
from hercules.cli.rulefiles import Paths, articles_for, counted, load, open_paths
from hercules.cli.shared import AsJson, Config, fail, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from hercules.cli.rulefiles import Loaded
    from hercules.model import Refusal, Ticket
    from hercules.rules.catalogue import Catalogue
    from hercules.rules.lint import LintReport
    from hercules.rules.samples import Failure

_CROSSINGS_SHOWN = 3

app = typer.Typer(no_args_is_help=True, help="Write, check, test and explain rules.")
app.command("new")(rules_new.new)
app.add_typer(rules_new.imports, name="import")


@app.command("lint")
def lint(
    paths: Paths = None,
    neutral: Annotated[
        list[Path] | None,
        typer.Option("--neutral", help="Ordinary logs of your own, beside the ones we make up."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 on warnings too.")] = False,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Tell what is wrong or weak in rules, each with file:line:column and a way to mend it."""
    from datetime import UTC, datetime

    from hercules.rules import lint as linting
    from hercules.rules.generic import neutral_parts

    loaded = load(paths, config)
    corpus = [*neutral_parts(), *open_paths(neutral or ())]
    articles = articles_for(loaded)
    known = linting.Known(
        loaded.samples,
        _catalogue(loaded, paths),
        articles.keys,
        corpus,
        articles.unusable,
        loaded.strays,
        articles.findings,
    )
    report = linting.lint(loaded.book.ruleset, known, loaded.settings.limits(), datetime.now(UTC))
    count = len(loaded.book.ruleset.rules)
    if json:
        print_json(_plain(report, count))
    else:
        _print(report, count, "" if neutral else _products(loaded))
    raise typer.Exit(1 if report.errors or (strict and report.warnings) else 0)


def _products(loaded: Loaded) -> str:
    """The products of the rules, to name them: the first three, and how many more."""
    names = sorted({name for rule in loaded.book.ruleset.rules for name in rule.product})
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _catalogue(loaded: Loaded, paths: list[Path] | None) -> Catalogue:
    """The catalogues among the rules, and those at the top of the usual folder when only some are linted."""
    from hercules.folders import rule_files
    from hercules.rules.catalogue import read_catalogue
    from hercules.rules.rule import RuleFile

    files = list(loaded.book.good.values())
    known = {Path(file.path).resolve() for file in files}
    usual = loaded.folders.rules
    within = all(path.resolve().is_relative_to(usual.resolve()) for path in paths or ())
    if paths and within and usual.is_dir():
        top = [path for path in usual.iterdir() if path.suffix == ".yaml" and path.resolve() not in known]
        limit = loaded.settings.rules.file_max
        files += [RuleFile(found.path, found.data) for found in rule_files(sorted(top), limit)]
    return read_catalogue(files)


def _print(report: LintReport, count: int, products: str) -> None:
    """The findings and the counts; `products` are those whose own ordinary logs were not given."""
    for each in [*report.errors, *report.warnings]:
        typer.echo(str(each))
    if report.demoted:
        typer.echo(f"too general, so they count as experimental: {', '.join(sorted(report.demoted))}")
    if products:
        typer.echo(
            f"ordinary logs: only made-up ones were read; --neutral DIR also takes healthy logs of {products}"
        )
    tried = {name: report.mutations.get(name, 0) for name in ("silent", "fires", "skipped")}
    typer.echo(
        f"near misses: {tried['silent']} silent, {tried['fires']} still fire, {tried['skipped']} do not apply"
        " (such as another version for a rule that asks for none, or a wider gap without a window)"
    )
    errors, warnings = counted(len(report.errors), "error"), counted(len(report.warnings), "warning")
    typer.echo(f"{counted(count, 'rule')}, {errors}, {warnings}")


def _plain(report: LintReport, count: int) -> dict[str, object]:
    return {
        "rules": count,
        "errors": [_finding(each) for each in report.errors],
        "warnings": [_finding(each) for each in report.warnings],
        "fires_on_neutral": {
            rule_id: {
                "lines": fires.lines,
                "of_lines": fires.of_lines,
                "files": fires.files,
                "of_files": fires.of_files,
                "first": fires.first,
            }
            for rule_id, fires in report.fires.items()
        },
        "count_as_experimental": sorted(report.demoted),
        "near_misses": {name: report.mutations.get(name, 0) for name in ("silent", "fires", "skipped")},
    }


def _finding(each: Refusal) -> dict[str, object]:
    return {
        "code": each.code,
        "rule": each.rule,
        "file": each.file,
        "line": each.line,
        "column": each.column,
        "message": each.message,
        "fix": each.fix,
    }


@app.command("test")
def run(
    paths: Paths = None,
    matrix: Annotated[
        bool, typer.Option("--matrix/--no-matrix", help="Also run every rule on the samples of all others.")
    ] = True,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Run every rule on its hit and miss samples, through the very scan of the service."""
    from datetime import UTC, datetime

    from hercules.rulebook import errors_of
    from hercules.rules.samples import inline_samples, missing_samples, run_samples
    from hercules.rules.timeless import timeless

    loaded = load(paths, config)
    ruleset = loaded.book.ruleset
    report = run_samples(ruleset, loaded.samples, loaded.settings.limits(), datetime.now(UTC), matrix)
    errors = errors_of(ruleset.refusals)
    missing = [*missing_samples(ruleset.rules, loaded.samples, loaded.strays), *_unreachable(loaded)]
    samples = [*loaded.samples, *inline_samples(ruleset.rules, datetime.now(UTC))]
    missing += timeless(ruleset, samples, loaded.settings.limits(), datetime.now(UTC))
    bad = [each for each in missing if each.code.startswith("E-")]
    for each in [*errors, *missing]:
        typer.echo(str(each), err=json)
    if json:
        print_json(report.plain())
    else:
        for line in _failures(report.failures):
            typer.echo(line)
        typer.echo(
            f"{counted(report.rules, 'rule')}: {report.fired} of {report.hits} hit samples fired, "
            f"{report.silent} of {report.misses} miss samples silent"
        )
        if report.pairs:
            typer.echo(f"{report.crossed} of {report.pairs} foreign samples fired where they should not")
    raise typer.Exit(0 if report.good and not errors and not bad else 1)


def _failures(failures: Iterable[Failure]) -> Iterator[str]:
    """The failures, of a rule that fires on foreign samples the first few and how many more there are."""
    crossings: Counter[str] = Counter()
    for failure in failures:
        crossings[failure.rule] += failure.foreign
        if not failure.foreign or crossings[failure.rule] <= _CROSSINGS_SHOWN:
            yield f"{failure.rule}: {failure.sample}: {failure.why}"
    for rule_id, count in crossings.items():
        if count > _CROSSINGS_SHOWN:
            more = count - _CROSSINGS_SHOWN
            yield f"{rule_id}: fires on {more} more samples of other rules (--json has all)"


def _unreachable(loaded: Loaded) -> list[Refusal]:
    """The articles that rules name and that are not to be had: a rule that fires would suggest nothing."""
    from hercules.rules.lint import Known, unreachable

    articles = articles_for(loaded)
    return list(
        unreachable(loaded.book.ruleset.rules, Known(articles=articles.keys, unusable=articles.unusable))
    )


@app.command("explain")
def explain(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="The rule's id.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE..", help="Logs, bundles or folders.")],
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Rule files or folders instead of the usual one.")
    ] = None,
    ticket: Annotated[
        Path | None, typer.Option("--ticket", help="A sample ticket (hit1.ticket.json) for the conditions.")
    ] = None,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Say why a rule fires on files or what keeps it silent: conditions, terms, frames, negations."""
    from datetime import UTC, datetime

    from hercules.redact import Redactor
    from hercules.rules import explain as explaining
    from hercules.rules.samples import Sample, files_of

    loaded = load(rules, config)
    rule = loaded.book.ruleset.rule(rule_id)
    if rule is None:
        raise _no_rule(loaded, rule_id)
    now, limits = datetime.now(UTC), loaded.settings.limits()
    parts = tuple(open_paths(files))
    asked = _ticket(ticket, now) if ticket is not None else None
    opened = files_of(Sample(rule.id, "", "hit", parts, asked), limits, now)
    made = explaining.explain(rule, opened, limits, Redactor(), asked)
    if json:
        print_json(explaining.plain(made))
    else:
        for line in explaining.in_lines(made):
            typer.echo(line)
    raise typer.Exit(0 if made.fires else 1)


def _no_rule(loaded: Loaded, rule_id: str) -> typer.Exit:
    """Say that a rule is not there: refused, by what is wrong with its file, or not known."""
    from hercules.rulebook import errors_of
    from hercules.rules.reading import nearest

    errors = errors_of(loaded.book.ruleset.refusals)
    own = [one for one in errors if rule_id.lower() in (one.rule.lower(), Path(one.file).stem.lower())]
    for each in own or errors:
        typer.echo(str(each), err=True)
    if own:
        return fail(f"rule {rule_id} was refused, so there is nothing to explain", 2)
    near = nearest(rule_id, [each.id for each in loaded.book.ruleset.rules])
    hint = f"; did you mean {near}?" if near else ""
    broken = "; or it stands in a file that was refused, see above" if errors else ""
    return fail(f"there is no rule {rule_id}{hint}{broken}", 2)


def _ticket(path: Path, now: datetime) -> Ticket:
    from hercules.rules.samples import read_ticket_file

    try:
        data = path.read_bytes()
    except OSError as error:
        raise fail(f"{path}: {error.strerror}", 2) from None
    return read_ticket_file(str(path), data, now)


@app.command("schema")
def schema() -> None:
    """Print the rule language as a JSON Schema, for editors."""
    from json import dumps

    from hercules.rules.schema import schema as made

    typer.echo(dumps(made(), indent=2, ensure_ascii=False))
