"""`hercules init`: a commented hercules.toml to begin with, or another admin token."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from hercules.cli.shared import Config, fail, short_house


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write hercules.toml.")] = Path(),
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Write no file: make and print another admin token.")
    ] = False,
    config: Config = None,
) -> None:
    """Write a commented hercules.toml with a fresh secret and the starter rules and articles beside it.

    Nothing is overwritten.
    """
    if new_token:
        _print_token(config)
        return
    path = folder / "hercules.toml"
    text = TEMPLATE.replace("@SECRET@", "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii"))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise fail(f"{path} is there already; nothing was changed") from None
    except OSError as error:
        raise fail(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    typer.echo(f"Wrote {path}")
    for name in _copy_starter(folder):
        typer.echo(f"Copied the starter set to {folder / name}: yours to change and add to")
    typer.echo("Read hercules.toml, then run: hercules serve")


def _copy_starter(folder: Path) -> list[str]:
    """Put rules, their samples and the articles where they can be added to; what is there stays as it is."""
    import shutil

    from hercules.folders import starter

    copied = []
    for name in ("rules", "sample_logs", "kb_index"):
        if not (folder / name).exists():
            ignored = shutil.ignore_patterns("index")
            shutil.copytree(starter(name), folder / name, ignore=ignored)
            copied.append(name)
    return copied


def _print_token(config: Config) -> None:
    from hercules.store import people

    with short_house(config) as house:
        typer.echo(house.db.do(lambda conn: people.new_token(conn, "admin", "admin", house.clock())))


TEMPLATE = """\
# Settings of Hercules. Every line that is commented out shows the default.
# In the environment HERCULES_DOOR__RATE is the same as rate in [door].
# This file holds secrets: it is readable only by you, keep it so.

# Everything that is stored lies here: database, attachments, keys. Back this folder up.
data = "hercules-data"

[server]
# host = "127.0.0.1"       # others can reach it only with TLS below, or behind_proxy = true
# port = 8321
# base_url = ""            # the address in links, such as "https://hercules.example.com"
# behind_proxy = false     # true: a reverse proxy with TLS stands before us
# tls_cert = "cert.pem"
# tls_key = "key.pem"

# One table for each desk. Its webhooks go to  <base_url>/hooks/<name>
[desks.generic]
kind = "generic"
# What happens to a suggestion:
#   note    an internal note at once, a public reply only after approval (hold, if there are no notes)
#   hold    it waits on the review page       shadow  recorded, shown to nobody
#   post    a public reply at once, only by stable rules of proven precision
policy = "note"
# How deliveries prove themselves:
#   standard (Standard Webhooks), hmac, hub-sha256, header-token, basic or url-secret
proof = "standard"
# Two or more may be active while you rotate: add  not_after = 2027-01-31T00:00:00Z  to the old one.
secrets = [{ value = "@SECRET@" }]

# Where notes and replies go. Without these, suggestions wait on the review page.
# The short way, for a desk that takes {ticket_id, key, visibility, format, body} at one address
# and answers GET with ticket_id and key (404: not there); see docs/desks/generic.md:
# reply_url = "https://desk.example.com/hercules/comments"
# The other way, with requests of its own:
# base_url = "https://desk.example.com"
# hosts = ["desk.example.com"]                 # credentials go to these hosts only
# file_hosts = ["files.example.com"]           # attachments may come from here, without credentials
# headers = { Authorization = "Bearer ..." }
# dialect = "plain"                            # plain, markdown, html, wiki or adf
# [desks.generic.note]
# method = "POST"
# url = "/api/tickets/{ticket_id}/comments"
# body = { text = "{body}", internal = true, reference = "{key}" }
# [desks.generic.reply]
# method = "POST"
# url = "/api/tickets/{ticket_id}/comments"
# body = { text = "{body}", internal = false, reference = "{key}" }
# [desks.generic.lookup]                       # tells whether a post arrived; 404 means no
# url = "/api/tickets/{ticket_id}/comments?reference={key}"

# If your desk sends another JSON than ours, say where our fields are in it:
# [desks.generic.map]
# event = { path = "type", opened = ["ticket.created"], closed = ["ticket.solved"] }
# id = "ticket.id"
# subject = "ticket.title"
# description = { path = "ticket.body_html", as = "html" }
# requester = { id = "ticket.customer.id", email = "ticket.customer.email" }
# tags = "ticket.tags[]"
# attachments = { path = "ticket.files[]", name = "filename", url = "content_url" }

[rules]
# folder = "rules"          # else ./rules as it was at the start, else the rules that came with Hercules
# samples = "sample_logs"

[kb]
# folder = "kb_index/articles"
# hold_from = 0.35          # below this an article found by search is not shown
# say_from = 0.55           # below this a suggestion waits for a review

[keep]
# raw = 30                  # days that attachments and delivered bodies are kept

[work]
# threads = 2
# age_max_hours = 24        # older tickets are never answered
"""
