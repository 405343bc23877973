"""Which files a rule reads, and what is a rotation of what."""

from __future__ import annotations

import pytest

from hercules.rules.scope import Scope, stream
from tests.rules.kit import log, rule, run


@pytest.mark.parametrize(
    ("glob", "name", "takes"),
    [
        ("atlassian-jira.log", "b.zip!logs/atlassian-jira.log.3.gz", True),
        ("atlassian-jira*.log", "atlassian-jira-security.log", True),
        ("*.log", "b.zip!a/b/c.log", True),
        ("*.log", "a.txt", False),
        ("logs/*.log", "b.zip!logs/app.log", True),
        ("logs/*.log", "b.zip!logs/deep/app.log", False),
        ("logs/**/*.log", "b.zip!logs/deep/er/app.log", True),
        ("logs/**/*.log", "b.zip!logs/app.log", True),
        ("**/app.log", "app.log", True),
        ("APP.LOG", "app.Log", True),
        ("app.log", "app.log.2026-01-31.xz", True),
        ("app.log", "app-2026-01-31.log", True),
        ("app.log", "app.log.gz!app.log", True),
        ("app.log.?", "app.log.3", True),
        ("a[b].log", "a[b].log", True),
        ("a[b].log", "ab.log", False),
        ("ticket/*", "ticket/description.txt", True),
        ("ticket/*", "app.log", False),
        ("logs\\*.log", "logs\\app.log", True),
    ],
)
def test_globs(glob: str, name: str, takes: bool) -> None:
    assert Scope([glob], []).takes(name) is takes
    assert Scope([], [glob]).takes(name) is not takes


def test_no_globs_take_all() -> None:
    assert Scope([], []).takes("anything")


def test_rotations_oldest_first() -> None:
    names = [
        "l/x-2026-01-30.log",
        "l/x-2026-01-31.log.gz",
        "l/x.log.10.gz",
        "l/x.log.2",
        "l/x.log.1",
        "l/x.log",
    ]
    places = [stream(name) for name in names]
    assert {name for name, _ in places} == {"l/x.log"}
    assert [place for _, place in places] == sorted(place for _, place in places)
    assert stream("other/x.log") != stream("l/x.log")


def test_rules_read_only_their_files() -> None:
    ruleset = rule("set: {match: [telling words]}\nfiles: ['app*.log']\nexclude_files: [app-old.log]\n")
    for name, count in (("app.log", 1), ("b.zip!x/app2.log.1", 1), ("other.log", 0), ("app-old.log", 0)):
        assert len(run(ruleset, log("telling words\n", name)).matches) == count


def test_a_set_joins_rotations_and_nothing_else() -> None:
    ruleset = rule("set: {window: file, match: [first words, second words]}")
    one, two = "first words\n", "second words\n"
    assert run(ruleset, log(one, "a/x.log.1"), log(two, "a/x.log")).matches
    assert not run(ruleset, log(one, "a/x.log"), log(two, "b/x.log")).matches
    assert not run(ruleset, log(one, "a/x.log"), log(two, "a/x.log")).matches


def test_a_sequence_over_rotations_reads_the_oldest_first() -> None:
    ruleset = rule("sequence: {window: file, order: [first words, second words]}")
    newest, oldest = log("second words\n", "x.log"), log("first words\n", "x.log.2")
    assert run(ruleset, newest, oldest).matches
    assert not run(ruleset, log("first words\n", "x.log"), log("second words\n", "x.log.2")).matches
