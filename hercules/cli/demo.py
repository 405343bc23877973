"""`hercules demo`: the main job on embedded defaults, played from end to end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli.shared import end_on_sigterm, fail

if TYPE_CHECKING:
    from hercules.demo import DemoDesk, Played, Player, Sample
    from hercules.house import House
    from hercules.settings import Settings

DESK = "demo"
HISTORY = "demo-history"


def demo(
    once: Annotated[bool, typer.Option("--once", help="Play, print the result and end.")] = False,
    port: Annotated[int, typer.Option(help="Port of the service; 0 takes any free one.")] = 8321,
) -> None:
    """Start a service with a demo desk, send it the sample tickets and show what becomes of them."""
    import tempfile

    end_on_sigterm()
    try:
        folder = tempfile.TemporaryDirectory(prefix="hercules-demo-")
    except OSError as error:
        raise fail(f"no temporary folder can be written: {error}; set TMPDIR to one that can") from None
    with folder:
        wrong = _play(Path(folder.name), port, once=once)
    raise typer.Exit(1 if wrong else 0)


def _play(folder: Path, port: int, *, once: bool) -> int:
    from hercules.demo import DemoDesk, new_secret
    from hercules.web.service import Service, bind
    from hercules.wiring import build, close, first_token, set_up_log
    from hercules.worker import Worker

    set_up_log(folder / "demo.log")
    desk = DemoDesk()
    desk.start()
    demo_secret, generic_secret = new_secret(), new_secret()
    sock, settings = bind(_settings(folder, port, desk, demo_secret, generic_secret))
    house = build(settings, exclusive=True)
    token = first_token(house) or ""
    _fill(house)
    worker, service = Worker(house), Service(house, sock)
    try:
        worker.start()
        service.start()
        wrong = _show(house, desk, demo_secret, token)
        _tell(settings.public_url(), generic_secret, token)
        if not once:
            _wait()
    finally:
        service.stop()
        worker.stop()
        close(house)
        desk.stop()
    return wrong


def _settings(folder: Path, port: int, desk: DemoDesk, demo_secret: str, generic_secret: str) -> Settings:
    from hercules.settings import Settings

    # Validated as it stands: a demo is the same everywhere, whatever the environment or a file sets.
    return Settings.model_validate(
        {
            "data": folder / "data",
            "server": {"port": port},
            "kb": {"index": folder / "index"},
            "desks": {
                DESK: desk.settings(demo_secret),
                "generic": {"kind": "generic", "secrets": [{"value": generic_secret}]},
                HISTORY: {
                    "kind": "generic",
                    "policy": "shadow",
                    "demo": True,
                    "secrets": [{"value": demo_secret}],
                },
            },
        }
    )


def _fill(house: House) -> None:
    """Articles, their index, and the history that the reports show."""
    from hercules import library
    from hercules.demo_history import history
    from hercules.store import journal
    from hercules.wiring import sources

    for source in sources(house.folders):
        library.pull(house, source)
    library.sync(house)
    rule_ids = [rule.id for rule in house.rulesets.now.rules]
    now = house.clock()
    past = history(HISTORY, rule_ids, now)
    house.db.do(lambda conn: journal.append(conn, past, now))


def _show(house: House, desk: DemoDesk, secret: str, token: str) -> int:
    from hercules.demo import Player, read_samples

    samples = read_samples(house.folders.samples / "tickets")
    player = Player(desk, house.base_url, DESK, secret, token)
    try:
        return _show_samples(player, samples, house)
    finally:
        player.close()


def _show_samples(player: Player, samples: list[Sample], house: House) -> int:
    wrong = 0
    approved = False
    for played in player.play(samples, house.clock):
        _print_ticket(played)
        wrong += bool(played.wrong)
        if played.note and not approved:
            approved = True
            reply = player.approve(played)
            typer.echo("  approved by a demo engineer; the customer reads:")
            for line in (reply.body if reply else "NO REPLY ARRIVED").splitlines():
                typer.echo(f"    | {line}")
            wrong += reply is None
    right = len(samples) - wrong
    typer.echo(f"\n{right} right of {len(samples)}" + ("" if not wrong else f", {wrong} wrong"))
    return wrong


def _print_ticket(played: Played) -> None:
    from hercules.codec import from_plain
    from hercules.model import Evidence
    from hercules.text import clean, cut, one_line

    told = played.told
    typer.echo(f"\nTicket {told['ticket_id']}: {told['subject']}")
    items = told["suggestions"]
    assert isinstance(items, list)
    for place, item in enumerate(items, 1):
        typer.echo(f"  {place}. {item['title']}  ({item['confidence']:.2f})")
        typer.echo(f"     {item['why']}")
        for evidence in item["evidence"][:1]:
            proof = from_plain(Evidence, evidence)
            line, text = proof.matched_line
            typer.echo(f"     {proof.file}:{line}: {cut(one_line(clean(text)), 200)}")
        typer.echo(f"     article: {item['article_id'] or 'none'}")
    if not items:
        typer.echo("  silence: nothing stands above the threshold")
    decision = told["decision"]
    assert isinstance(decision, dict)
    done = "internal note delivered" if played.note else "nothing posted"
    typer.echo(f"  {decision['verdict']}: {decision['reason']}; {done}")
    typer.echo(f"  {told['review_url']}")
    if played.wrong:
        typer.echo(f"  WRONG: {played.wrong}")


def _tell(url: str, secret: str, token: str) -> None:
    typer.echo(f"\nOpen {url}/review and log in with this admin token:\n  {token}")
    typer.echo(f"Reports: {url}/reports (history is made up and marked as demo)")
    typer.echo(f"Desk generic takes signed webhooks at {url}/hooks/generic\n  secret {secret}")


def _wait() -> None:
    import threading

    typer.echo("\nServing until Ctrl-C.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        typer.echo("\nStopped; nothing is left behind.")
