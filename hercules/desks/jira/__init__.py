"""Jira: Cloud and Data Center, with or without Jira Service Management."""

from hercules.desks.jira.adapter import JiraDesk

__all__ = ["JiraDesk"]
