"""The address a desk sends to, as it is shown: never with its secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from hercules.settings import load_settings
from hercules.wiring import build, close

SETTINGS = """
data = "data"
[server]
base_url = "https://hercules.example.com"
[desks.path]
proof = "url-secret"
secrets = [{ value = "0123456789abcdef0123456789abcdef" }]
[desks.plain]
unsigned = true
[desks.help]
kind = "django-helpdesk"
base_url = "https://desk.example.com"
user = "hercules"
password = "shh"
bot_ids = ["7"]
secrets = [{ value = "0123456789abcdef0123456789abcdef" }]
"""


@pytest.mark.parametrize(
    ("desk_id", "hook"),
    [("path", "/hooks/path/***"), ("plain", "/hooks/plain"), ("help", "/hooks/help/***/new")],
)
def test_a_secret_in_the_address_is_not_shown(tmp_path: Path, desk_id: str, hook: str) -> None:
    (tmp_path / "hercules.toml").write_text(SETTINGS)
    house = build(load_settings(tmp_path / "hercules.toml"), exclusive=False)
    try:
        assert house.hook(desk_id) == f"https://hercules.example.com{hook}"
    finally:
        close(house)
