"""Reports: each is one question asked of the journal, answered as a table."""
