"""Edges: the places articles come from, one file a kind."""
