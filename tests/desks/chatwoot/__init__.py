"""Chatwoot: its entries for the contract tests, and deliveries as files."""
