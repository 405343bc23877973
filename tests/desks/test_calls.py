"""Where a list goes on, by the header that says so."""

from __future__ import annotations

import pytest

from hercules.calling import Answer
from hercules.desks.calls import next_page
from hercules.model import DeskError

URL = "https://desk.example/api/items?per_page=2"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("", None),
        ('<https://desk.example/api/items?page=2>; rel="next"', "https://desk.example/api/items?page=2"),
        ('</x?a=1,2>; rel="prev", </x?a=3>; rel="next"', "https://desk.example/x?a=3"),
        ('<?page=2>; rel="next", <?page=9>; rel="last"', "https://desk.example/api/items?page=2"),
        ("<?page=2>; rel=next", "https://desk.example/api/items?page=2"),
        ('<?page=2>; title="x"; rel="next"', "https://desk.example/api/items?page=2"),
        ('<?page=1>; rel="first", <?page=9>; rel="last"', None),
        ('<?page=1>; rel="nextish"', None),
        ("rel=next", None),
        ("<" * 10_000, None),
        ("<x>" * 5_000, None),
    ],
)
def test_the_next_page(link: str, url: str | None) -> None:
    assert next_page(Answer(200, {"link": link} if link else {}, b""), URL) == url


def test_a_next_page_that_is_no_url() -> None:
    with pytest.raises(DeskError, match="no usable URL"):
        next_page(Answer(200, {"link": '<http://[x/>; rel="next"'}, b""), URL)
