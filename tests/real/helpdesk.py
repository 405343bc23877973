"""A real django-helpdesk on the loopback: the package as it is published, its server, a fresh database."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import httpx

Plain = dict[str, Any]
VERSION = "2.6.1"
PACKAGES = (f"django-helpdesk=={VERSION}", "Django>=5.2,<5.3")
ROOT = Path(__file__).parent.parent.parent
BOT, ENGINEER = ("hercules", "canary-of-the-real-desk"), ("engineer", "password-of-the-engineer")
EXTENSIONS = ".txt,.log,.zip,.gz,.tgz"
INSTALL_S = 300.0

# What an admin adds to the settings of a new project; the rest is for a test (no mail, quick passwords).
SETTINGS = """
import os
from desk.settings import *

INSTALLED_APPS += ["django.contrib.sites", "django.contrib.humanize", "rest_framework", "helpdesk"]
SITE_ID = 1
ALLOWED_HOSTS = ["*"]
DEBUG = os.environ.get("DESK_DEBUG") == "1"
LOGGING_CONFIG = None
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.path.join(os.environ["DESK_FOLDER"], "mail")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["NAME"] = os.path.join(os.environ["DESK_FOLDER"], "desk.sqlite3")
DATABASES["default"]["OPTIONS"] = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
MEDIA_ROOT, MEDIA_URL = os.path.join(os.environ["DESK_FOLDER"], "media"), "/media/"
HELPDESK_TEAMS_MODE_ENABLED = False
HELPDESK_API_ENABLED = True
HELPDESK_SUBMIT_A_TICKET_PUBLIC = True
if os.environ.get("DESK_EXTENSIONS"):
    HELPDESK_VALID_EXTENSIONS = os.environ["DESK_EXTENSIONS"].split(",")
"""
URLS = """
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.static import serve

urlpatterns = [
    path("admin/", admin.site.urls),
    re_path("^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include("helpdesk.urls", namespace="helpdesk")),
]
"""
FILL = """
import django
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from helpdesk.models import Queue
call_command("migrate", verbosity=0)
users = get_user_model().objects
users.create_superuser("{engineer[0]}", "engineer@desk.example.com", "{engineer[1]}")
users.create_user("{bot[0]}", "hercules@desk.example.com", "{bot[1]}", is_staff=True)
Queue.objects.create(title="Help", slug="help", allow_public_submission=True)
"""
# A change of what is set up here makes another folder, so that no test runs on yesterday's desk.
_MADE_OF = sha256("\0".join((*PACKAGES, SETTINGS, URLS, FILL, *BOT, *ENGINEER, sys.version)).encode())
CACHE = ROOT / ".pytest_cache" / "real-desk" / f"{VERSION}-{_MADE_OF.hexdigest()[:8]}"
MAIL_IN = """
import django, logging
django.setup()
from helpdesk.email import extract_email_metadata
from helpdesk.models import Queue
with open({path!r}, encoding="utf-8") as file:
    extract_email_metadata(file.read(), Queue.objects.get(), logging.getLogger())
"""


class NotInstalled(Exception):
    """The package cannot be had here; the message says why."""


# --- once for a machine ---------------------------------------------------------------------------


def installed() -> Path:
    """The folder with the package, a project and a filled database; made once. Raises NotInstalled."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        if not (CACHE / "ready").is_file():
            _install(CACHE)
            _project(CACHE)
            (CACHE / "ready").touch()
    return CACHE


def _install(folder: Path) -> None:
    shutil.rmtree(folder / "venv", ignore_errors=True)
    python = folder / "venv" / "bin" / "python"
    uv = shutil.which("uv")
    if uv:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
        _run(uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES)
        return
    _run(sys.executable, "-m", "venv", str(folder / "venv"))
    _run(str(python), "-m", "pip", "install", "--quiet", "--retries=1", *PACKAGES)


def _run(*command: str) -> None:
    """Run a step of the installation. Raises NotInstalled."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{' '.join(command[:3])}: {error}") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotInstalled(f"{' '.join(command[:3])}: {last}")


def _project(folder: Path) -> None:
    shutil.rmtree(folder / "site", ignore_errors=True)
    shutil.rmtree(folder / "start", ignore_errors=True)
    (folder / "site").mkdir()
    (folder / "start").mkdir()
    _in_project(folder, folder / "start", "-m", "django", "startproject", "desk", ".", settings="")
    (folder / "site" / "desk" / "tested.py").write_text(SETTINGS)
    (folder / "site" / "desk" / "urls.py").write_text(URLS)
    (folder / "site" / "fill.py").write_text(FILL.format(engineer=ENGINEER, bot=BOT))
    _in_project(folder, folder / "start", "fill.py")


def _in_project(folder: Path, data: Path, *args: str, settings: str = "desk.tested", **more: str) -> None:
    python = str(folder / "venv" / "bin" / "python")
    done = subprocess.run(
        [python, *args],
        cwd=folder / "site",
        env=_environment(data, settings=settings, **more),
        capture_output=True,
        text=True,
        timeout=INSTALL_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _environment(data: Path, settings: str = "desk.tested", **more: str) -> dict[str, str]:
    """Of this machine's environment only what a program needs, and no proxy for the loopback."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    module = {"DJANGO_SETTINGS_MODULE": settings} if settings else {}
    return {**kept, **module, "DESK_FOLDER": str(data), "NO_PROXY": "127.0.0.1", **more}


# --- a running desk -------------------------------------------------------------------------------


@dataclass(slots=True)
class RealDesk:
    """A running desk, its customers' browser (`form`) and an engineer's API client (`api`)."""

    folder: Path
    url: str
    form: httpx.Client
    api: httpx.Client
    set_up: dict[str, str]

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def submit(
        self,
        title: str,
        body: str,
        *,
        email: str = "customer@example.com",
        file: tuple[str, bytes] | None = None,
    ) -> httpx.Response:
        """A ticket by the public form, as a customer's browser sends it."""
        page = self.form.get("/tickets/submit/")
        fields = {"queue": "1", "title": title, "body": body, "submitter_email": email, "priority": "3"}
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text[:500]
        files = {"attachment": (file[0], file[1], "application/octet-stream")} if file else None
        return self.form.post(
            "/tickets/submit/", data={**fields, "csrfmiddlewaretoken": token.group(1)}, files=files
        )

    def ask(self, title: str, body: str, **more: Any) -> str:
        """A ticket that must be taken; its id."""
        answer = self.submit(title, body, **more)
        assert answer.status_code == 302, answer.text
        found = re.search(r"ticket=help-([0-9]+)&", answer.headers["location"])
        assert found, answer.headers["location"]
        return found.group(1)

    @contextmanager
    def another_browser(self) -> Iterator[RealDesk]:
        """The same desk for another customer: a form of its own, with its own cookies."""
        with httpx.Client(base_url=self.url, timeout=20, trust_env=False) as form:
            yield replace(self, form=form)

    def ticket(self, ticket_id: str) -> Plain:
        """A ticket as the API tells it."""
        answer = self.api.get(f"/api/tickets/{ticket_id}/")
        assert answer.status_code == 200, answer.text
        return cast(Plain, answer.json())

    def tickets(self) -> list[Plain]:
        """All tickets, oldest first."""
        return cast(list[Plain], self.api.get("/api/tickets/?page_size=1000").json()["results"])

    def comments(self, ticket_id: str) -> list[Plain]:
        """What was written after the ticket's opening."""
        return cast(list[Plain], self.ticket(ticket_id)["followup_set"][1:])

    def comment(self, ticket_id: str, text: str, **fields: object) -> Plain:
        """An engineer's comment."""
        answer = self.api.post("/api/followups/", json={"ticket": ticket_id, "comment": text, **fields})
        assert answer.status_code == 201, answer.text
        return cast(Plain, answer.json())

    def mail_in(self, message: EmailMessage) -> None:
        """A mail that arrives at the queue, taken by the desk's own mail poller in a process of its own."""
        path = self.folder / "incoming.eml"
        path.write_bytes(message.as_bytes())
        taken = MAIL_IN.format(path=str(path))
        _in_project(installed(), self.folder, "-c", taken, **self.set_up)

    def mails(self) -> list[str]:
        """All mails that were sent, as they are written to files."""
        folder = self.folder / "mail"
        return [path.read_text() for path in sorted(folder.glob("*"))] if folder.is_dir() else []


@contextmanager
def real_desk(
    folder: Path,
    port: int,
    *,
    new: str = "",
    followup: str = "",
    extensions: str = EXTENSIONS,
    data: Path | None = None,
) -> Iterator[RealDesk]:
    """A desk with a fresh database in a folder (or that of `data`), with these webhook addresses."""
    cache = installed()
    if data is None:
        shutil.copytree(cache / "start", folder, dirs_exist_ok=True)
    hooks = {"HELPDESK_NEW_TICKET_WEBHOOK_URLS": new, "HELPDESK_FOLLOWUP_WEBHOOK_URLS": followup}
    set_up = {**hooks, "DESK_EXTENSIONS": extensions}
    environment = _environment(data or folder, **set_up)
    command = [
        str(cache / "venv" / "bin" / "python"),
        "-m",
        "django",
        "runserver",
        "--noreload",
        f"127.0.0.1:{port}",
    ]
    log = (folder / f"desk-{port}.log").open("wb")
    process = subprocess.Popen(command, cwd=cache / "site", env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    form = httpx.Client(base_url=url, timeout=20, trust_env=False)
    api = httpx.Client(base_url=url, timeout=20, trust_env=False, auth=ENGINEER)
    try:
        _wait(form, process, Path(log.name))
        yield RealDesk(data or folder, url, form, api, set_up)
    finally:
        for client in (form, api):
            client.close()
        process.kill()
        process.wait()
        log.close()


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            assert client.get("/tickets/submit/").status_code == 200
            return
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < ends, log.read_text()
            time.sleep(0.05)
