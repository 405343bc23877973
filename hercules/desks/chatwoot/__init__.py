"""Chatwoot: account webhooks in, messages and private notes by its API."""

from __future__ import annotations

from hercules.desks.chatwoot.adapter import ChatwootDesk

__all__ = ["ChatwootDesk"]
