"""What stays of a delivery's body once it was worked off."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from hercules.keeping import FILE_TAKEN_OUT, keep_body


def test_files_are_taken_out_and_texts_redacted() -> None:
    body = {
        "ticket": {
            "description": "mail ann@example.com, password=hunter2secret",
            "attachments": [{"name": "a.log", "content_base64": base64.b64encode(b"log " * 100).decode()}],
            "number": 7,
        }
    }
    kept = json.loads(keep_body(json.dumps(body).encode()))["ticket"]
    assert kept["attachments"] == [{"name": "a.log", "content_base64": FILE_TAKEN_OUT}]
    assert "ann@example.com" not in kept["description"]
    assert "hunter2secret" not in kept["description"]
    assert kept["number"] == 7


def test_long_texts_are_cut_and_other_bodies_kept_as_text() -> None:
    assert len(keep_body(json.dumps({"text": "word " * 10_000}).encode())) < 3_000
    assert b"ann@example.com" not in keep_body(b"\xff not json from ann@example.com")
    assert keep_body(b"") == b""


@given(st.binary(max_size=300))
def test_no_body_raises(body: bytes) -> None:
    assert isinstance(keep_body(body), bytes)
    assert isinstance(keep_body(b"[" * 200 + body), bytes)
