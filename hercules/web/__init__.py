"""The doors: webhooks, pages and the JSON API."""
