"""`hercules scan`: files and folders against the rules, without a desk or a database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import (
    DEFAULT_RULES,
    PLACE_CHARS,
    PLACES_SHOWN,
    AsJson,
    Config,
    fail,
    print_json,
)

if TYPE_CHECKING:
    from datetime import datetime

    from hercules.model import LogFile, Match, NotScanned, Scan

_TIME = "%Y-%m-%d %H:%M:%S"


def scan(
    paths: Annotated[list[Path], typer.Argument(help="Log files, bundles or folders.")],
    rules: Annotated[
        list[Path], typer.Option(help="Rule folders or files instead of the usual ones.")
    ] = DEFAULT_RULES,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Read logs and bundles and tell which known errors are in them, with file and line."""
    from datetime import UTC, datetime

    from hercules.folders import find_folders, parts_of
    from hercules.logs.bundle import open_bundle
    from hercules.model import SettingsError
    from hercules.rulebook import errors_of, load_rulebook
    from hercules.rules.scan import scan as scan_files
    from hercules.settings import load_settings

    settings = load_settings(config)
    try:
        parts = list(parts_of(paths))
        book = load_rulebook(rules or (find_folders(settings).rules,), settings.rules)
    except SettingsError as error:
        raise fail(str(error), 2) from None
    for refusal in errors_of(book.ruleset.refusals):
        typer.echo(str(refusal), err=True)
    begun = time.monotonic()
    with _progress(quiet=json) as show:
        files = open_bundle(parts, settings.limits(), datetime.now(UTC))
        found = scan_files(show(files), book.ruleset, settings.limits())
    seconds = time.monotonic() - begun
    if json:
        print_json(plain(found, seconds))
    else:
        _print(found, seconds, len(book.ruleset.rules))


def plain(found: Scan, seconds: float) -> dict[str, object]:
    """The scan in the agreed JSON shape; keys may be added to it, never removed or renamed."""
    return {
        "files": [
            {"name": file.name, "bytes": file.bytes, "lines": file.lines, "encoding": file.encoding}
            for file in found.files
        ],
        "matches": [_match(match) for match in found.matches],
        "not_scanned": [
            {"name": left.name, "reason": left.reason, "detail": left.detail} for left in found.not_scanned
        ],
        "seconds": round(seconds, 4),
    }


def _match(match: Match) -> dict[str, object]:
    return {
        "rule": match.rule_id,
        "severity": match.severity,
        "title": match.title,
        "status": match.status,
        "count": match.count,
        "first_seen": _stamp(match.first_at),
        "last_seen": _stamp(match.last_at),
        "folded_under": match.folded_under,
        "unverified": list(match.unverified),
        "evidence": [
            {
                "file": each.file,
                "line": each.line,
                "matched_line": each.matched_line[0],
                "time": _stamp(each.time),
                "text": each.text,
                "spans": [list(span) for span in each.spans],
                "captures": dict(each.captures),
            }
            for each in match.evidence
        ],
    }


def _stamp(at: datetime | None) -> str | None:
    """A time in JSON."""
    return at.isoformat().replace("+00:00", "Z") if at else None


class _progress:
    """A progress line on a terminal: the file being read and how much was read so far."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(pulse_style="cyan"),
            DownloadColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> _progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, files: Iterator[LogFile | NotScanned]) -> Iterator[LogFile | NotScanned]:
        from hercules.model import LogFile

        task = self._bar.add_task("reading", total=None)
        for file in files:
            if isinstance(file, LogFile):
                self._bar.update(task, description=file.name[-40:])
                file.chunks = self._counted(file.chunks, task)
            yield file

    def _counted(self, chunks: Iterator[bytes], task: object) -> Iterator[bytes]:
        for chunk in chunks:
            self._bar.advance(task, len(chunk))  # type: ignore[arg-type]  # rich's TaskID is an int by another name
            yield chunk


def _print(found: Scan, seconds: float, rules: int) -> None:
    from rich.console import Console

    from hercules.text import cut, one_line

    console = Console(highlight=False, soft_wrap=True)
    for match in found.matches:
        times = f", {match.count} times" if match.count > 1 else ""
        folded = f", covered by {match.folded_under}" if match.folded_under else ""
        console.print(f"{match.rule_id} ({match.severity}{times}{folded})", style="bold", markup=False)
        console.print(f"  {match.title}", markup=False)
        if match.count > 1 and match.first_at and match.last_at:
            console.print(
                f"  first seen {match.first_at:{_TIME}}, last seen {match.last_at:{_TIME}}", markup=False
            )
        for doubt in match.unverified:
            console.print(f"  not checked: {doubt}", style="yellow", markup=False)
        for each in match.evidence[:PLACES_SHOWN]:
            line, text = each.matched_line
            console.print(f"  {each.file}:{line}: {cut(one_line(text), PLACE_CHARS)}", markup=False)
            for name, value in each.captures.items():
                console.print(f"    {name} = {value}", markup=False)
        if match.evidence and match.count > PLACES_SHOWN:
            console.print(f"  and {match.count - PLACES_SHOWN} more", markup=False)
    for left in found.not_scanned:
        console.print(
            f"not read: {left.name}: {left.reason} {left.detail}".rstrip(), style="yellow", markup=False
        )
    read_bytes = sum(file.bytes for file in found.files)
    lines = sum(file.lines for file in found.files)
    console.print(
        f"{len(found.matches)} of {rules} rules matched in {len(found.files)} files, {lines:,} lines, "
        f"{read_bytes / 1e6:,.1f} MB, {seconds:.2f} s",
        markup=False,
    )
