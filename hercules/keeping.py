"""What stays of a delivery's body once it was worked off: its shape, without files, redacted."""

from __future__ import annotations

import json
import string

from hercules.redact import Redactor
from hercules.text import cut

TEXT_CHARS = 2_000
KEY_CHARS = 200
PLAIN_BYTES = 65_536
PLAIN_CHARS = 20_000
FILE_CHARS_MIN = 100
FILE_TAKEN_OUT = "[a file, taken out]"
_BASE64 = str.maketrans("", "", string.ascii_letters + string.digits + "+/=-_")


def keep_body(body: bytes) -> bytes:
    """The body's JSON with inline files taken out, long texts cut and every text redacted.

    What is no JSON is kept as redacted text, cut.
    """
    redactor = Redactor()

    def walk(value: object) -> object:
        if isinstance(value, str):
            return FILE_TAKEN_OUT if is_file(value) else redactor(cut(value, TEXT_CHARS))
        if isinstance(value, dict):
            return {redactor(cut(key, KEY_CHARS)): walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    try:
        kept = walk(json.loads(body))
    except (ValueError, RecursionError):
        return redactor(cut(body[:PLAIN_BYTES].decode("utf-8", "replace"), PLAIN_CHARS)).encode()
    return json.dumps(kept, ensure_ascii=True).encode()


def is_file(text: str) -> bool:
    """True for a text that looks like base64: long and without anything but its letters."""
    if len(text) < FILE_CHARS_MIN or not text.isascii():
        return False
    return not text[:4096].translate(_BASE64).strip()
