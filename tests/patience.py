"""How long a test waits for what must come, and whether hostile work ends; the bench tells how quick."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# What comes within a second on a quiet machine. A test that passes never waits so long.
PATIENCE_S = 60.0
# Work that grows with the square of a hostile input takes minutes; a busy machine takes none of this time.
ENDS_WITHIN_CPU_S = 15.0


@contextmanager
def ending() -> Iterator[None]:
    """Fails when the work inside took far more of the processor, in this thread, than it ever should."""
    begun_s = time.thread_time()
    yield
    took_s = time.thread_time() - begun_s
    assert took_s < ENDS_WITHIN_CPU_S, f"{took_s:.1f} s of the processor for a hostile input"
