"""Benchmarks: what a thing costs as a ratio to something known, never as a test that fails."""
