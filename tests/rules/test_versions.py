"""The order of versions, ranges, and whether a fix is in."""

from __future__ import annotations

import pytest

from hercules.rules.versions import is_fixed, is_range, key, within

RISING = [
    "0.9",
    "v1.0-SNAPSHOT",
    "1.0-alpha",
    "1.0-beta1",
    "1.0-beta2",
    "1.0-beta10",
    "1.0-rc1",
    "1.0",
    "1.0.1-m2",
    "1.0.1",
    "1.2",
    "1.10",
    "9.4.1",
    "9.4.2",
    "9.10",
    "9.12.0",
    "10.0.0-rc.1",
    "10",
]


def test_versions_rise() -> None:
    keys = [key(text) for text in RISING]
    assert None not in keys
    assert keys == sorted(keys, key=lambda one: one or ((), 0, ()))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("one", "other"), [("1", "1.0.0"), ("v1.2", "1.2"), ("1.2+build.7", "1.2"), ("1.0-GA", "1")]
)
def test_equal_versions(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize("text", ["", "latest", "Jira 9.4", "9.x", ">=9", "1..2", "1." * 40])
def test_no_versions(text: str) -> None:
    assert key(text) is None


@pytest.mark.parametrize(
    ("version", "allowed", "holds"),
    [
        ("9.4.1", ">=9.0 <9.4.2", True),
        ("9.4.2", ">=9.0 <9.4.2", False),
        ("10.3", ">=9.0 <9.4.2 || 10.x", True),
        ("11", ">=9.0 <9.4.2 || 10.x", False),
        ("9.4.7", "9.4.*", True),
        ("9.5", "9.4.x", False),
        ("9.4", "9.4.x", True),
        ("9.4.0-rc1", ">=9.4", False),
        ("9.4", "= 9.4.0", True),
        ("9.4", ">= 9.4", True),
        ("9.4", "!=9.4", False),
        ("9.4", "*", True),
        ("9.10", ">9.9", True),
        ("9.5.1", ">9.4.x", True),
        ("9.4.1", ">9.4.x", False),
        ("nine", ">=9", None),
    ],
)
def test_ranges(version: str, allowed: str, holds: bool | None) -> None:
    assert is_range(allowed)
    assert within(version, allowed) is holds


def test_versions_of_any_length_are_read() -> None:
    for version in ("9.1-rc" + "1" * 5000, "9." * 3000, "9" * 5000, "9.1+" + "7" * 9000):
        assert within(version, ">=9.0") in (True, None)
    assert within("9.1-rc" + "1" * 5000, "<9.1") is True


@pytest.mark.parametrize("text", ["", "||", ">=", ">= <", "9.4 ||", "abc", "=>9", ">=9 < <8", "~9"])
def test_bad_ranges(text: str) -> None:
    assert not is_range(text)


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ("9.4.1", False),
        ("9.4.2", True),
        ("9.4.9", True),
        ("9.5", False),
        ("9.12", True),
        ("10", True),
        ("?", None),
    ],
)
def test_fixed_in(version: str, fixed: bool | None) -> None:
    assert is_fixed(version, ["9.4.2", "9.12.0"]) is fixed
