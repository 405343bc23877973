"""Zendesk: its entry for the contract tests, and deliveries as files."""
