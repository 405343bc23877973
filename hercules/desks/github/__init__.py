"""Issues of GitHub and of GitHub Enterprise Server as a support desk."""

from hercules.desks.github.adapter import GitHubDesk

__all__ = ["GitHubDesk"]
