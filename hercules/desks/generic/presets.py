"""Desks that the generic kind speaks to by settings alone: what is asked, and the settings that are fixed.

`hercules desk add --kind NAME` writes them down as a desk of kind `generic`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hercules.desks.desk import Question, Setup

Fixed = Mapping[str, str | bool | int | tuple[str, ...]]

_GITLAB: Fixed = {
    "header": "X-Gitlab-Token",
    "id_header": "Idempotency-Key",
    "dialect": "markdown",
    "map.only.path": "object_attributes.noteable_type | object_kind",
    "map.only.is": ("issue", "Issue"),
    "map.event.path": "object_attributes.action | object_kind",
    "map.event.opened": ("open",),
    "map.event.updated": ("update",),
    "map.event.closed": ("close",),
    "map.event.reopened": ("reopen",),
    "map.event.comment": ("create", "note"),
    "map.id": "issue.iid | object_attributes.iid",
    "map.subject": "issue.title | object_attributes.title",
    "map.description.path": "issue.description | object_attributes.description",
    "map.description.as": "markdown",
    "map.requester.id": "issue.author_id | object_attributes.author_id",
    "map.tags": "labels[].title | issue.labels[].title",
    "map.request_type": "object_attributes.type",
    "map.created_at": "issue.created_at | object_attributes.created_at",
    "map.at": "object_attributes.updated_at",
    "map.url": "issue.url | object_attributes.url",
    "map.status": "issue.state | object_attributes.state",
    "map.comment.id": "object_attributes.id",
    "map.comment.text.path": "object_attributes.note",
    "map.comment.text.as": "markdown",
    "map.comment.private": "object_attributes.internal | object_attributes.confidential",
    "map.comment.author_id": "object_attributes.author_id",
    "map.actor.id": "user.id",
    "note.url": "issues/{ticket_id}/notes",
    "note.body.body": "{body}\n\n<!-- hercules:{key} -->",
    "note.body.internal": True,
    "reply.url": "issues/{ticket_id}/notes",
    "reply.body.body": "{body}\n\n<!-- hercules:{key} -->",
    "lookup.url": "issues/{ticket_id}/notes?per_page=100&order_by=created_at&sort=desc",
    "lookup.found.path": "items[]",
    "lookup.found.text": "body",
    "lookup.found.author": "author.id",
    "lookup.found.id": "id",
}

_FRESHDESK: Fixed = {
    "header": "X-Hercules-Token",
    "dialect": "html",
    "map.event.path": "event",
    "map.event.default": "opened",
    "map.event.closed": ("ticket.closed",),
    "map.event.reopened": ("ticket.reopened",),
    "map.event.comment": ("comment.created",),
    "map.id": "freshdesk_webhook.ticket_id | id",
    "map.subject": "freshdesk_webhook.ticket_subject",
    "map.description.path": "freshdesk_webhook.ticket_description",
    "map.description.as": "html",
    "map.requester.id": "freshdesk_webhook.ticket_contact_email",
    "map.requester.email": "freshdesk_webhook.ticket_contact_email",
    "map.requester.name": "freshdesk_webhook.ticket_contact_name",
    "map.tags": "freshdesk_webhook.ticket_tags (split: ',')",
    "map.url": "freshdesk_webhook.ticket_url",
    "map.status": "freshdesk_webhook.ticket_status | status",
    "map.comment.author_id": "by_id",
    "map.comment.author_kind": "by",
    "map.comment.private": "private",
    "note.url": "/api/v2/tickets/{ticket_id}/notes",
    "note.body.body": "{body}",
    "note.body.private": True,
    "reply.url": "/api/v2/tickets/{ticket_id}/reply",
    "reply.body.body": "{body}",
    "lookup.url": "/api/v2/tickets/{ticket_id}/conversations?per_page=100",
    "lookup.found.path": "items[]",
    "lookup.found.text": "body",
    "lookup.found.author": "user_id",
    "lookup.found.id": "id",
}

PRESETS: Mapping[str, Setup] = {
    "gitlab": Setup(
        title="GitLab issues of one project",
        questions=(
            Question(
                "proof",
                "How does GitLab prove its deliveries? (standard: its signing token, in new versions)",
                default="header-token",
                choices=("header-token", "standard"),
            ),
            Question(
                "base_url",
                "The project in the API, https://gitlab.example.com/api/v4/projects/42/",
            ),
            Question("bot_ids", "User id (the number) of the account that answers", many=True),
            Question("headers.PRIVATE-TOKEN", "Access token of that account (scope api)", secret=True),
        ),
        steps=(
            "In the project, open Settings > Webhooks > Add new webhook.",
            "URL: {hook_url}",
            "{by_proof}",
            "Trigger: Comments, Issues events and, if you have them, Confidential issues events; no other.",
        ),
        secret="text",
        secret_forms={"header-token": "text", "standard": "given"},
        by_proof={
            "header-token": "Secret token: {secret}",
            "standard": "Signing token: the one GitLab shows is the one in desks.{name}.secrets.",
        },
        fixed=_GITLAB,
        docs="docs/desks/gitlab.md",
    ),
    "freshdesk": Setup(
        title="Freshdesk",
        questions=(
            Question(
                "proof",
                "How does Freshdesk prove its deliveries? (url-secret: by the address alone)",
                default="header-token",
                choices=("header-token", "basic", "url-secret"),
            ),
            Question("base_url", "Address of Freshdesk, for example https://acme.freshdesk.com"),
            Question("bot_ids", "User id (the number) of the agent that answers", many=True),
            Question(
                "headers.Authorization",
                "Basic and the base64 of APIKEY:X of that agent (printf '%s' 'APIKEY:X' | base64)",
                secret=True,
            ),
        ),
        steps=(
            "Open Admin > Workflows > Automations > Ticket Creation > New rule, with action Trigger Webhook.",
            "Request type POST, URL: {hook_url}",
            "{by_proof}",
            "Encoding JSON, content Simple; tick ticket id, subject, description, URL, status, tags, contact "
            "name and contact e-mail.",
            "The rules for closed, reopened and answered tickets stand in docs/desks/freshdesk.md.",
        ),
        secret="text",
        secret_forms={"header-token": "text", "basic": "basic", "url-secret": "path"},
        by_proof={
            "header-token": "Custom header: `X-Hercules-Token: {secret}`",
            "basic": "Tick `Requires authentication`; user and password, parted by the colon: {secret}",
            "url-secret": "Neither header nor authentication: the end of the URL is the secret.",
        },
        fixed=_FRESHDESK,
        docs="docs/desks/freshdesk.md",
    ),
}
"""By their names. Answers and `fixed` together are the settings of a desk of kind `generic`."""
