"""What several commands share: the --config option, a house for one short command, and printing JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hercules.house import House
    from hercules.model import Evidence
    from hercules.settings import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The hercules.toml to use. [default: ./hercules.toml if there]"),
]
AskedDesk = Annotated[
    str, typer.Option("--desk", help="Whose articles, products and threshold. [default: the only desk]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
DEFAULT_RULES: list[Path] = []
PLACES_SHOWN = 3
PLACE_CHARS = 160


@contextmanager
def short_house(config: Path | None) -> Iterator[House]:
    """A house for one short command: it works beside a running service and writes short transactions."""
    from hercules.settings import load_settings
    from hercules.wiring import build, close

    house = build(load_settings(config), exclusive=False)
    try:
        yield house
    finally:
        close(house)


def print_json(value: object) -> None:
    """Plain values as JSON on standard output."""
    import json

    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def places(evidence: Sequence[Evidence], count: int) -> Iterator[str]:
    """The first places of a match as `file:line: text`; of `count` in all, how many more there are."""
    from hercules.text import cut, one_line

    for each in evidence[:PLACES_SHOWN]:
        line, text = each.matched_line
        yield f"{one_line(each.file)}:{line}: {cut(one_line(text), PLACE_CHARS)}"
    more = count - PLACES_SHOWN
    if evidence and more > 0:
        yield f"and {more} more"


def check_desk(named: str, known: Collection[str]) -> None:
    """Raises Exit when a desk is named that is not among those known."""
    if named and named not in known:
        from hercules.house import no_desk

        raise fail(str(no_desk(named, known)), 2)


def asked_desk(settings: Settings, named: str) -> str:
    """The desk a ticket is asked for: the one that is named, else the only one, else ''. Raises Exit."""
    check_desk(named, settings.desks)
    return named or (next(iter(settings.desks)) if len(settings.desks) == 1 else "")


def fail(message: str, code: int = 1) -> typer.Exit:
    """Say what went wrong on standard error; raise what this gives."""
    typer.echo(f"hercules: {message}", err=True)
    return typer.Exit(code)


def end_on_sigterm() -> None:
    """Make SIGTERM end this process as Ctrl-C does: by way of what closes and clears up, with exit code 0.

    The web server hands the signal on once it has ended; without this it would end us before our threads.
    """
    import signal

    def end(*_: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    # A process that a script started in the background inherits an ignored SIGINT; ours always listens.
    signal.signal(signal.SIGINT, signal.default_int_handler)
