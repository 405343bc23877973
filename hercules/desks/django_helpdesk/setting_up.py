"""Setting up a django-helpdesk desk: what is asked, what to do at the desk, and what its pages tell."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from hercules.desks.desk import Finding, Question, Setup
from hercules.desks.django_helpdesk.config import Config
from hercules.model import CredentialsRefused, DeskError, HerculesError

SETUP = Setup(
    title="django-helpdesk 2.x",
    questions=(
        Question("base_url", "Address of its first page, for example https://desk.example.com/helpdesk"),
        Question("user", "Name of the staff account made for Hercules", default="hercules"),
        Question("password", "Password of that account", secret=True),
        Question("bot_ids", "Number of that account, as in /admin/auth/user/NUMBER/change/", many=True),
    ),
    steps=(
        "Add these lines to the desk's settings.py (docs say why):\n"
        "HELPDESK_API_ENABLED = True\n"
        "HELPDESK_PRIVATE_FOLLOWUP_MEANS_NO_EMAILS = True\n"
        'HELPDESK_VALID_EXTENSIONS = [".txt", ".asc", ".pdf", ".doc", ".docx", ".odt", ".jpg", ".png", '
        '".eml", ".log", ".zip", ".gz", ".tgz"]\n'
        'HELPDESK_GET_NEW_TICKET_WEBHOOK_URLS = lambda: ["{hook_url}/new"]\n'
        'HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS = lambda: ["{hook_url}/followup"]',
        "Start Hercules, then restart the desk: while Hercules is away its customers see errors.",
    ),
    secret="path",
    docs="docs/desks/django-helpdesk.md",
)


def how_to_mend(config: Config, error: HerculesError) -> str:
    """What to look at when the API did not answer as it should."""
    where = f"desks.{config.desk_id}"
    if isinstance(error, CredentialsRefused):
        return f"look at user and password of {where}; the account {config.user!r} must be active and staff"
    if isinstance(error, DeskError) and not error.permanent:
        if str(error).startswith("the desk answered 5"):
            return "the desk itself is in trouble; its own log tells why"
        if not str(error).startswith("the desk"):
            return (
                f"is the desk running, and does base_url of {where} have the right name, and http or https?"
            )
    return (
        f"look at base_url of {where}, it must be the desk's first page; or its API is switched off "
        "(HELPDESK_API_ENABLED)"
    )


def not_tried(*names: str) -> Iterator[Finding]:
    """What could not be told, since something before it failed."""
    yield from (Finding(name, None, "not tried") for name in names)


def seen_in_form(config: Config, page: bytes) -> Iterator[Finding]:
    """What the API's own page for people tells: it shows a form to those only who may write."""
    form = LexborHTMLParser(page)
    if form.css_first("[name=comment]") is None:
        yield Finding("writes comments", None, "the desk does not tell it; only a first post can prove it")
        yield from not_tried("bot_ids")
        return
    yield Finding("writes comments", True, "notes and replies are taken from this account")
    options = form.css("select[name=user] option")
    ids = [option.attributes.get("value") for option in options if option.text().strip() == config.user]
    told = ids[0] if len(ids) == 1 else None
    if told is None:
        yield Finding("bot_ids", None, f"the desk does not tell the number of the account {config.user!r}")
    elif told in config.bot_ids:
        yield Finding("bot_ids", True, f"{told} is the account {config.user!r}")
    else:
        key = f"desks.{config.desk_id}.bot_ids"
        yield Finding(
            "bot_ids", False, f'the account {config.user!r} has the number {told}; set {key} = ["{told}"]'
        )
