"""Zendesk: event and trigger webhooks, tickets and comments by its API."""

from __future__ import annotations

from hercules.desks.zendesk.adapter import ZendeskDesk

__all__ = ["ZendeskDesk"]
