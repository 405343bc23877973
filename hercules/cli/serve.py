"""`hercules serve`: the service with its worker threads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from hercules.cli.shared import Config, end_on_sigterm


def serve(
    config: Config = None,
    host: Annotated[str, typer.Option(help="Listen here instead of server.host.")] = "",
    port: Annotated[int, typer.Option(help="Listen on this port instead; 0 takes any free one.")] = -1,
) -> None:
    """Take deliveries, answer tickets and show the pages, until Ctrl-C or SIGTERM."""
    from hercules.settings import load_settings
    from hercules.web.service import Service, bind
    from hercules.wiring import build, close, first_token, prepare, set_up_log
    from hercules.worker import Worker

    set_up_log()
    end_on_sigterm()
    settings = load_settings(config)
    if host or port >= 0:
        changed = {"host": host or settings.server.host, "port": port if port >= 0 else settings.server.port}
        settings = settings.model_copy(update={"server": settings.server.model_copy(update=changed)})
    sock, settings = bind(settings)
    with sock:
        house = build(settings, exclusive=True)
        token = first_token(house)
        hooks = {desk_id: house.hook(desk_id) for desk_id in sorted(house.desks)}
        _tell(settings.public_url(), hooks, token, len(house.rulesets.now.rules))
        prepare(house)
        worker = Worker(house)
        worker.start()
        try:
            Service(house, sock).run()
        finally:
            worker.stop()
            close(house)


def _tell(url: str, hooks: Mapping[str, str], token: str | None, rules: int) -> None:
    typer.echo(f"Hercules serves at {url} with {rules} rules.", err=True)
    for desk_id, hook in hooks.items():
        typer.echo(f"  desk {desk_id}: POST {hook}", err=True)
    if not hooks:
        typer.echo("  No desk is set up yet: add [desks.NAME] to hercules.toml.", err=True)
    if token:
        typer.echo(f"  Admin token, shown this once: {token}", err=True)
    if "//127.0.0.1" in url or "//localhost" in url:
        typer.echo("  Links in notes and replies lead to this machine only; set server.base_url.", err=True)
