"""Jira as the contract tests know it: the Cloud with and without a service desk, and a Data Center."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..fakes.jira import BOT, TOKEN, USER, JiraFake, issue
from ..kinds import Kind, Plain, Sent, loopback


def sign(secret: str, body: bytes, _: datetime) -> Sent:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Sent({"X-Hub-Signature": f"sha256={digest}", "X-Atlassian-Webhook-Identifier": "wh-7"})


def in_path(secret: str, _: bytes, __: datetime) -> Sent:
    return Sent(url_secret=secret)


def settings(**own: Any) -> Callable[[str], Plain]:
    def made(base_url: str) -> Plain:
        return {"base_url": base_url, "token": TOKEN, "bot_ids": [BOT], **own, **loopback(base_url)}

    return made


OPENED = {"webhookEvent": "jira:issue_created", "timestamp": 1767322800000, "issue": issue("10002", "SUP-3")}
SECRETS = ("jira-secret-1", "jira-secret-2")
PATHS = ("path-1-" + "p" * 33, "path-2-" + "q" * 33)
SIGNED = frozenset(("body",))
HEADER = "x-hub-signature"


def kind(name: str, fake: Callable[[], JiraFake], fixtures: str, **own: Any) -> Kind:
    signed = own.get("proof") != "url-secret"
    return Kind(
        name=name,
        desk="jira",
        settings=settings(**own),
        secrets=SECRETS if signed else PATHS,
        sign=sign if signed else in_path,
        opened=OPENED,
        signature=HEADER if signed else "",
        signed=SIGNED if signed else frozenset(),
        canaries=(TOKEN,),
        fake=fake,
        fixtures=fixtures,
    )


KINDS = (
    kind("jira", JiraFake, "jira", user=USER),
    kind("jira-platform", JiraFake, "jira/platform", user=USER, service_desk=False, note_role="Developers"),
    kind("jira-datacenter", lambda: JiraFake("datacenter"), "jira/datacenter", edition="datacenter"),
    kind(
        "jira-datacenter-url",
        lambda: JiraFake("datacenter"),
        "jira/datacenter_url",
        edition="datacenter",
        service_desk=False,
        proof="url-secret",
    ),
)
