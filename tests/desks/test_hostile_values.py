"""Values that would show a secret or cost time without end."""

from __future__ import annotations

from datetime import UTC

import pytest

from hercules.desks.paths import as_time
from hercules.model import BadDelivery, SettingsError
from tests.patience import ending

from .kinds import Kind, all_kinds, desk_of


@pytest.mark.parametrize("kind", all_kinds().values(), ids=str)
@pytest.mark.parametrize("scheme", ["", "htps://", "https://"])
def test_a_password_in_an_address_is_not_shown(kind: Kind, scheme: str) -> None:
    wrong: tuple[dict[str, object], ...] = ({}, {"bot_ids": []})
    for more in wrong:
        with pytest.raises(SettingsError) as caught:
            desk_of(kind, **{"base_url": f"{scheme}user:canary-pw@desk.example.com", **more})  # type: ignore[arg-type]  # settings only
        assert "canary-pw" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_time_of_many_spaces_is_refused_at_once() -> None:
    for text in ("1" + " " * 200_000 + "x", " " * 200_000 + "UTC" * 100_000):
        with ending(), pytest.raises(BadDelivery, match=r"ticket\.created is not a time"):
            as_time(text, "ticket.created", UTC)
