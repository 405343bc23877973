"""The rule language as a JSON Schema (2020-12), for editors that check YAML as it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hercules.rules.extras import TICKET_FIELDS
from hercules.rules.nouns import SEVERITIES, STATUSES
from hercules.rules.patterns import PATTERN_MAX
from hercules.rules.terms import CAPTURE_TYPES
from hercules.rules.whens import WHEN_FIELDS

Schema = dict[str, object]

# Values are texts to us whatever YAML makes of them, so an editor must let numbers and yes/no pass.
TEXT: Schema = {"type": ["string", "number", "boolean"]}
_DURATION: Schema = {"type": "string", "pattern": r"^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+$"}
_SIGNED: Schema = {"type": "string", "pattern": r"^-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+$"}
_DATE: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_PATTERN: Schema = {"type": "string", "minLength": 1, "maxLength": PATTERN_MAX}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _texts(most: int = 1_000) -> Schema:
    return {"anyOf": [TEXT, {"type": "array", "items": TEXT, "maxItems": most}]}


def _whole(low: int, high: int) -> Schema:
    written = {"type": "string", "pattern": "^[0-9]+$"}
    return {"anyOf": [{"type": "integer", "minimum": low, "maximum": high}, written]}


def _words(words: Sequence[str], *more: object) -> Schema:
    return {"enum": [*words, *more]}


def _object(fields: Mapping[str, Schema], *required: str, open_ended: bool = False) -> Schema:
    made: Schema = {"type": "object", "properties": dict(fields)}
    if not open_ended:
        made["additionalProperties"] = False
    if required:
        made["required"] = list(required)
    return made


def _told(schema: Schema, text: str) -> Schema:
    return {"description": text, **schema}


def _list(of: Schema, least: int = 0) -> Schema:
    made: Schema = {"type": "array", "items": of}
    return {**made, "minItems": least} if least else made


_BOOLEAN = _words(("true", "false"), True, False)
_SOURCE = _object({"source": TEXT, "origin": TEXT})

# The one table of fields: what may stand in a rule and what an editor says to it.
ABOUT: dict[str, Schema] = {
    "id": _told(
        {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$"}, "Unique; the name of the file."
    ),
    "title": _told({"type": "string", "minLength": 1, "maxLength": 160}, "One neutral sentence."),
    "severity": _words(SEVERITIES, *range(5), *map(str, range(5))),
    "category": _told(TEXT, "One word of tags.yaml."),
    "tags": _told(_texts(), "Words of tags.yaml."),
    "author": TEXT,
    "description": _told(TEXT, "For engineers only."),
    "cause": _told(TEXT, "For engineers only."),
    "impact": _told(TEXT, "For engineers only."),
    "mitigation": _told(TEXT, "For engineers only."),
    "falsepositives": _told(TEXT, "What else may write this."),
    "references": _told(_texts(), "Addresses, shown to engineers."),
    "applications": _list(
        _object(
            dict.fromkeys(
                "name version processName processPath containerName imageUrl repoUrl".split(),
                TEXT,
            )
        )
    ),
    "impactScore": _whole(0, 10),
    "mitigationScore": _whole(0, 10),
    "reports": _whole(0, 999_999_999),
}
PATTERN: dict[str, Schema] = {
    "set": _told(_ref("set"), "All of these together, in any order."),
    "sequence": _told(_ref("sequence"), "All of these, one after the other."),
}
OWN: dict[str, Schema] = {
    "status": _told(_words(STATUSES), "Who sees it: engineers, after approval, everybody, nobody."),
    "product": _told(_texts(), "Names of products.yaml; else the name of the folder."),
    "files": _told(_texts(), "Only files with these names; * and ** as usual."),
    "exclude_files": _texts(),
    "when": _told(_ref("when"), "What the ticket must be."),
    "fixed_in": _told(_texts(), "Only versions before these."),
    "terms": {"type": "object", "additionalProperties": _ref("term")},
    "answer": _told(_ref("answer"), "What helps."),
    "supersedes": _told(_texts(), "Rules that give way to this one."),
    "related": _told(_texts(), "Rules that may fire beside this one."),
    "tests": _object(dict.fromkeys(("match", "no_match"), _list(_ref("test")))),
    "since": _DATE,
    "updated": _DATE,
    "review_by": _told(_DATE, "Past this day lint asks to look again."),
    "metadata": {"type": "object"},
}
FIELDS = ABOUT | PATTERN | OWN

_TERM_FIELDS: dict[str, Schema] = {
    "value": _told(_PATTERN, "These very characters, or the name of a term."),
    "regex": _told(_PATTERN, "An RE2 pattern; the dot takes newlines."),
    "jq": _told(_PATTERN, "A query on an event that is JSON."),
    "field": _told(TEXT, "The path a.b of a value within JSON."),
    "count": _whole(1, 10_000),
    "extract": _list(_ref("capture")),
    "set": {"type": "object"},
    "sequence": {"type": "object"},
    "event": {"type": "object"},
    "promql": TEXT,
}
_NEGATE_FIELDS: dict[str, Schema] = {
    "window": _DURATION,
    "slide": _SIGNED,
    "anchor": _whole(0, 10_000),
    "absolute": _BOOLEAN,
}
_WINDOW: Schema = {"anyOf": [_DURATION, {"const": "file"}]}


def _node(part: str) -> Schema:
    fields: dict[str, Schema] = {
        "window": _told(_WINDOW, "Such as 30s, 5m, 1h30m; or file."),
        "event": _SOURCE,
        part: _list(_ref("term"), 1),
        "negate": _list(_ref("negate")),
        "correlations": {},
    }
    return _object(fields, part)


def _choice(item: Schema) -> Schema:
    some: Schema = {"anyOf": [item, _list(item, 1)]}
    return {"anyOf": [item, _list(item, 1), _object(dict.fromkeys(("any", "all", "none"), some))]}


def _when() -> Schema:
    phrases = _choice(_ref("phrase"))
    special: dict[str, Schema] = {
        "version": _told(TEXT, "Such as >=9.0 <9.4.2 || 10.x"),
        "tags": _choice(TEXT),
        "subject": phrases,
        "description": phrases,
        "text": _told(phrases, "Subject and description."),
    }
    return _object({name: special.get(name, _texts()) for name in WHEN_FIELDS})


def _definitions() -> Schema:
    regex_only = _object({"regex": _PATTERN, "extract": _list(_ref("capture"))}, "regex")
    ticket = _object({name: _texts() if name == "tags" else TEXT for name in TICKET_FIELDS})
    capture: dict[str, Schema] = {
        "name": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,31}$"},
        "regex": _PATTERN,
        "jq": _PATTERN,
        "type": _told(
            _words(CAPTURE_TYPES), "text is for engineers only; the others may stand in an answer."
        ),
    }
    answer: dict[str, Schema] = {
        "kb": _told(_texts(3), "Articles by key or address, three at most."),
        "search": _told(TEXT, "Words to search for when no article is named."),
        "message": _told({"type": "string", "maxLength": 400}, "One neutral sentence; {name} is a capture."),
    }
    return {
        "rule": {
            **_object(FIELDS, "id", "title"),
            "anyOf": [{"required": [name]} for name in ("set", "sequence", "when")],
        },
        "item": _object(
            {
                "cre": _object(FIELDS, open_ended=True),
                "rule": _object(PATTERN),
                "metadata": {"type": "object"},
                **FIELDS,
            },
            "cre",
        ),
        "term": {"anyOf": [_PATTERN, _object(_TERM_FIELDS)]},
        "negate": {"anyOf": [_PATTERN, _object(_TERM_FIELDS | _NEGATE_FIELDS)]},
        "set": _node("match"),
        "sequence": _node("order"),
        "capture": _object(capture, "name"),
        "phrase": {"anyOf": [TEXT, regex_only]},
        "when": _when(),
        "answer": _object(answer),
        "test": {"anyOf": [TEXT, _object({"log": TEXT, "ticket": ticket, "file": TEXT})]},
    }


def schema() -> Schema:
    """The schema of a rule file: one rule, one item with `cre`, or a list of both under `rules`."""
    either: Schema = {"anyOf": [_ref("rule"), _ref("item")]}
    listed = _object(
        {
            "rules": _list(either, 1),
            "terms": OWN["terms"],
            "metadata": {"type": "object"},
            "section": TEXT,
            "version": TEXT,
        },
        "rules",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Hercules rule",
        "anyOf": [_ref("rule"), _ref("item"), listed],
        "$defs": _definitions(),
    }
