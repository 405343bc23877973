"""Imports: an Atlassian list becomes rules that lint and fire, Java-only syntax is refused, CRE stays."""

from __future__ import annotations

import hashlib
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.model import Limits, Part
from hercules.rules.database import compile_rules
from hercules.rules.import_atlassian import SIZE_MAX, Imported, import_atlassian
from hercules.rules.import_cre import import_cre
from hercules.rules.lint import Known, lint
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.samples import Sample
from hercules.rules.writing import scalar, yaml_lines
from hercules.yamlfile import plain, read_yaml
from tests.rules.kit import AS_OF, run

# Twenty patterns of the kind such lists hold, each with a line that it is meant for.
ENTRIES: tuple[tuple[str, str], ...] = (
    (r"java\.lang\.OutOfMemoryError: PermGen space", "java.lang.OutOfMemoryError: PermGen space"),
    (r"Too many open files in system", "java.net.SocketException: Too many open files in system"),
    (r"(?i)deadlock found when trying to get lock", "Deadlock found when trying to get lock; again"),
    (r"Unable to locate Jira home: (.+)", "FATAL Unable to locate Jira home: /var/jira"),
    (
        r"index lock (?:could not|cannot) be obtained within \d+ ?ms",
        "index lock cannot be obtained within 3 ms",
    ),
    (r"LockObtainFailedException.*write\.lock", "LockObtainFailedException: Lock timed out: write.lock"),
    (r"ORA-0(?:1000|0257|1652)\b", "java.sql.SQLException: ORA-01652: unable to extend temp segment"),
    (
        r"com\.example\.crowd\.\w+Exception: \[LDAP: error code 49",
        "com.example.crowd.XException: [LDAP: error code 49",
    ),
    (r"Cannot create PoolableConnectionFactory \(.*\)", "Cannot create PoolableConnectionFactory (denied)"),
    (r"plugin with key <?'?([\w.]+)'? failed", "the plugin with key <com.example.planner failed"),
    (
        r"BatchUpdateException: Data too long for column '[A-Z_]+'",
        "BatchUpdateException: Data too long for column 'A'",
    ),
    (
        r"Mail Queue Service.+AuthenticationFailedException",
        "Mail Queue Service x AuthenticationFailedException",
    ),
    (r"clause is ambiguous|unknown column .{1,40} in .field list.", "unknown column 'cwd.x' in 'field list'"),
    (
        r"^\S+ \S+ \S+ FATAL .*Startup check failed",
        "2026-10-01 10:00:00,000 main FATAL x Startup check failed",
    ),
    (
        r"SSLHandshakeException: .*unable to find valid path",
        "SSLHandshakeException: PKIX: unable to find valid path",
    ),
    (r"OfBizListIterator\S* was never closed", "OfBizListIterator[1] was never closed"),
    (
        r"\[c\.a\.j\.startup\.\w+\] Database: .+ is not supported",
        "[c.a.j.startup.X] Database: h2 1 is not supported",
    ),
    (r"Exceeded the maximum number of connections[.!]", "Exceeded the maximum number of connections!"),
    (
        r"attachment (?:directory|folder) [\"'][^\"']+[\"'] is not writable",
        "attachment folder '/a' is not writable",
    ),
    (r"\QNumber of users (\E\d+\Q) exceeds the license\E", "Number of users (51) exceeds the license"),
)


def entry(regex: str, number: int = 1, more: str = "") -> str:
    address = f"https://kb.example.com/display/JIRAKB/How-to-mend-trouble-{number}-97239{number:04d}.html"
    inside = f"<regex>{escape(regex)}</regex>\n    <URL>{address}</URL>{more}"
    return f"  <RegexEntry>\n    {inside}\n  </RegexEntry>\n"


def listed(*entries: str) -> bytes:
    return ("<?xml version='1.0'?>\n<object-stream>\n" + "".join(entries) + "</object-stream>\n").encode()


def imported(*regexes: str) -> Imported:
    return import_atlassian("jira_regex_v2.xml", listed(*map(entry, regexes)), "jira")


def test_twenty_entries_become_rules_that_lint_as_experimental_and_fire() -> None:
    assert len(ENTRIES) == 20
    data = listed(*(entry(regex, number) for number, (regex, _) in enumerate(ENTRIES, 1)))
    made = import_atlassian("jira_regex_v2.xml", data, "jira")
    assert made.refusals == ()
    assert len(made.files) == 20
    files = [RuleFile("/".join(file.path), file.data, file.path[0]) for file in made.files]
    found, refusals = read_rules(files)
    assert [str(each) for each in refusals if each.code.startswith("E-")] == []
    assert {rule.status for rule in found} == {"experimental"}
    ruleset = compile_rules(found, refusals)
    for regex, line in ENTRIES:
        rule_id = "atl-jira-" + hashlib.sha256(regex.encode()).hexdigest()[:8]
        fired = {match.rule_id for match in run(ruleset, f"begin\n{line}\nend\n").matches}
        assert rule_id in fired, (regex, fired)
    samples = [
        Sample(rule.id, "hit1.log", "hit", (Part("hit1.log", data=line.encode()),))
        for (regex, line) in ENTRIES
        for rule in found
        if rule.node and rule.node.positives[0].text == regex
    ]
    report = lint(ruleset, Known(samples), Limits(), AS_OF)
    assert len(samples) == 20
    assert report.errors == []


def test_what_a_rule_takes_over() -> None:
    (file,) = imported("disk 'trouble' (\\d+)").files
    digest = hashlib.sha256(b"disk 'trouble' (\\d+)").hexdigest()[:8]
    assert file.path == ("jira", f"atl-jira-{digest}.yaml")
    (rule,), _ = read_rules([RuleFile("a.yaml", file.data, "jira")])
    address = "https://kb.example.com/display/JIRAKB/How-to-mend-trouble-1-972390001.html"
    assert rule.title == "How to mend trouble 1"
    assert rule.answer.kb == rule.references == (address,)
    assert rule.node is not None
    assert rule.node.positives[0].text == "disk 'trouble' (\\d+)"
    assert b"Imported from jira_regex_v2.xml, line 4." in file.data


@pytest.mark.parametrize(
    ("regex", "what"),
    [
        (r"disk(?=trouble)", "look-ahead"),
        (r"(?<!no )disk trouble", "look-behind"),
        (r"(\w+) and \1", "back-reference"),
        (r"disk\Z", "\\Z"),
        (r"disk .*+trouble", "possessive"),
        (r"(?>disk)trouble", "atomic"),
        (r"[a-z&&[^aeiou]]+ trouble", "within a class"),
        (r"[a-c[x-z]] trouble", "within a class"),
        (r"disk\vtrouble", "\\v"),
        (r"\p{javaLowerCase}+", ""),
        (r"disk{1,5000}", "too large"),
        (r"x*", "empty string"),
        ("", "empty"),
    ],
)
def test_javas_own_syntax_is_refused_by_file_and_line(regex: str, what: str) -> None:
    made = imported("fine pattern here", regex)
    assert len(made.files) == 1
    (refusal,) = made.refusals
    assert (refusal.file, refusal.line) == ("jira_regex_v2.xml", 8)
    assert what in refusal.message
    assert refusal.column >= 12


@pytest.mark.parametrize(
    "regex", [r"[[:alpha:]]+ trouble", r"[&] trouble", r"\[a\&&b\] trouble", r"[]a] \\vtrouble"]
)
def test_what_only_looks_like_it_is_taken(regex: str) -> None:
    assert len(imported(regex).files) == 1


def test_the_same_pattern_twice_is_one_rule_and_told() -> None:
    made = imported("disk trouble", "disk trouble")
    assert len(made.files) == 1
    assert any("stands there twice" in lost for lost in made.lost)
    assert any("samples" in lost for lost in made.lost)


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>
<object-stream><RegexEntry><regex>&b; disk trouble</regex></RegexEntry></object-stream>"""
OUTSIDE = b"""<!DOCTYPE x SYSTEM "file:///etc/passwd"><object-stream/>"""
PARAMETER = b"""<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><object-stream/>"""


HOSTILE = {
    "entities": LAUGHS,
    "outside": OUTSIDE,
    "parameter": PARAMETER,
    "empty": b"",
    "text": b"not xml",
    "crossed": b"<a><b></a>",
    "bytes": b"\xff\xfe\x00",
    "encoding": b"<?xml version='1.0' encoding='no'?><a/>",
    "size": b" " * (SIZE_MAX + 1),
    "long": listed(entry("x" * 30_000)),
    "deep": b"<a>" * 10_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_xml_is_refused(data: bytes) -> None:
    made = import_atlassian("a.xml", data, "jira")
    assert made.files == ()
    assert [refusal.code for refusal in made.refusals] == ["E-xml"]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: listed(entry(text))))
def test_nothing_raises_and_what_is_made_loads(data: bytes) -> None:
    made = import_atlassian("a.xml", data, "jira")
    for file in made.files:
        rules, refusals = read_rules([RuleFile("a.yaml", file.data, "jira")])
        assert len(rules) == 1, [str(each) for each in refusals]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_a_written_text_is_read_back_as_it_was(text: str) -> None:
    clean = "".join(char for char in text if not 0xD800 <= ord(char) <= 0xDFFF)
    assert plain(read_yaml(f"a: {scalar(clean)}\n".encode(), "a")) == {"a": clean}
    lines = "\n".join(yaml_lines({"a": {"b": [clean or "x", {"c": clean or "x"}]}, "d": "e"}))
    same = clean or "x"
    assert plain(read_yaml(lines.encode(), "a")) == {"a": {"b": [same, {"c": same}]}, "d": "e"}


# --- CRE --------------------------------------------------------------------------------------------

CRE = b"rules:\n  - cre: {id: CRE-1, title: T, severity: 1}\n    rule: {set: {match: [disk trouble]}}\n"


def test_a_cre_folder_stays_as_it_is() -> None:
    files = {
        ("cre-1", "rule.yaml"): CRE,
        ("cre-1", "test.log"): b"disk trouble\n",
        ("cre-1", "notes.txt"): b"x",
        ("tags", "tags.yaml"): b"metadata: {kind: tags}\ntags: [{name: a, displayName: A}]\n",
        ("cre-2", "rule.yaml"): CRE.replace(b"CRE-1", b"CRE-2").replace(
            b"disk trouble", b"{regex: 'a(?=b)'}"
        ),
        ("cre-2", "test.log"): b"ab\n",
    }
    made = import_cre(files.items())
    assert {file.path for file in made.files} == {
        ("cre-1", "rule.yaml"),
        ("cre-1", "test.log"),
        ("tags", "tags.yaml"),
    }
    assert all(files[file.path[0], file.path[1]] == file.data for file in made.files)
    assert (made.rules, made.samples) == (1, 1)
    assert [(each.file, each.code) for each in made.refusals] == [("cre-2/rule.yaml", "E-not-re2")]
