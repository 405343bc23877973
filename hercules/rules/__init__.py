"""The rules engine (code): known errors found in logs and tickets. The rules are data, in `/rules`."""
