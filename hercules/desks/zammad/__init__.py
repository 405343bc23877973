"""Zammad as a support desk: its own signature, articles as comments."""

from hercules.desks.zammad.adapter import ZammadDesk

__all__ = ["ZammadDesk"]
