"""django-helpdesk: two webhooks without a signature, follow-ups by its REST API."""

from hercules.desks.django_helpdesk.adapter import DjangoHelpdeskDesk

__all__ = ["DjangoHelpdeskDesk"]
