"""Hercules: reads what customers attach to their tickets and suggests the articles that explain it."""

__version__ = "0.1.0"
