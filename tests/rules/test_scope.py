"""Which files a rule reads, and what is a rotation of what."""

from __future__ import annotations

import gzip
from pathlib import Path
from zipfile import ZipFile

import pytest

from hercules.logs.bundle import open_bundle
from hercules.model import Limits, Part
from hercules.rules.scan import scan
from hercules.rules.scope import Scope, stream
from tests.rules.kit import AS_OF, log, rule, run

LIMITS = Limits()


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
        ("logs/app.log", "b.zip!logs/app.log.1.gz!app.log.1", True),
        ("logs/*.log", "logs/app.log.GZ!app.log", True),
        ("logs/*.log", "b.tgz!other/app.log.1.gz!app.log.1", False),
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


def test_what_a_compressed_rotation_holds_is_the_rotation() -> None:
    for name, inner in (("l/x.log.2.gz", "x.log.2"), ("l/x-2026-01-31.log.xz", "x-2026-01-31.log")):
        assert stream(f"b.zip!{name}!{inner}") == stream(f"b.zip!{name}")
        assert stream(f"{name}!{inner}") == stream(name)
    assert stream("l/x.log.1.gz!x.log.1")[0] == stream("l/x.log")[0]
    assert stream("x.zip!x") == ("x.zip!x", 0)


def test_files_of_one_day_in_the_order_of_their_numbers() -> None:
    names = ["x.log.2026-01-30-11.gz", "x.log.2026-01-31-1", "x.log.2026-01-31-2", "x.log.2026-01-31-10"]
    places = [place for _, place in map(stream, names)]
    assert places == sorted(set(places))
    for start, ends, name in (
        ("0.log.", ("20260130-235959.gz", "20260131-000001.gz", "20260131-101112"), "0.log"),
        ("x-", ("2026-01-31T09-11-12.345.log", "2026-01-31T10-11-12.001.log.gz"), "x.log"),
    ):
        found = [stream(start + end) for end in ends]
        assert {one for one, _ in found} == {name}
        assert found == sorted(set(found))


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


def test_a_set_joins_compressed_rotations(tmp_path: Path) -> None:
    """Through the unpacker: what it calls a compressed member is what has to be joined."""
    ruleset = rule("files: [logs/x.log]\nset: {window: file, match: [first words, second words]}")
    bundle = tmp_path / "b.zip"
    with ZipFile(bundle, "w") as packed:
        packed.writestr("logs/x.log", "second words\n")
        packed.writestr("logs/x.log.1.gz", gzip.compress(b"first words\n"))
    files = open_bundle([Part("b.zip", path=bundle)], LIMITS, AS_OF)
    (match,) = scan(files, ruleset, LIMITS).matches
    assert [each.file for each in match.evidence] == ["b.zip!logs/x.log.1.gz!x.log.1", "b.zip!logs/x.log"]


def test_a_sequence_over_rotations_reads_the_oldest_first() -> None:
    ruleset = rule("sequence: {window: file, order: [first words, second words]}")
    newest, oldest = log("second words\n", "x.log"), log("first words\n", "x.log.2")
    assert run(ruleset, newest, oldest).matches
    assert not run(ruleset, log("first words\n", "x.log"), log("second words\n", "x.log.2")).matches
