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
_SOURCE = _object(
    {
        "source": _told(TEXT, "A name of sources.yaml, which says what its files are called."),
        "origin": _told(TEXT, "Read and not used."),
    }
)

# The one table of fields: what may stand in a rule and what an editor says to it.
ABOUT: dict[str, Schema] = {
    "id": _told(
        {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$"}, "Unique; the name of the file."
    ),
    "title": _told({"type": "string", "minLength": 1, "maxLength": 160}, "One neutral sentence."),
    "severity": _told(
        _words(SEVERITIES, *range(5), *map(str, range(5))), "critical, high, medium, low, info; or 0 to 4."
    ),
    "category": _told(TEXT, "One word of tags.yaml."),
    "tags": _told(_texts(), "Words of tags.yaml."),
    "author": _told(TEXT, "Who wrote it; for engineers only."),
    "description": _told(TEXT, "What it is about; for engineers only."),
    "cause": _told(TEXT, "Why it happens; for engineers only."),
    "impact": _told(TEXT, "What users notice; for engineers only."),
    "mitigation": _told(TEXT, "What helps; for engineers only."),
    "falsepositives": _told(TEXT, "What else may write this."),
    "references": _told(_texts(), "Addresses, shown to engineers."),
    "applications": _told(
        _list(
            _object(
                dict.fromkeys(
                    "name version processName processPath containerName imageUrl repoUrl".split(),
                    _told(TEXT, "Information only."),
                )
            )
        ),
        "Which programs it is about: information only. What counts is when.version.",
    ),
    "impactScore": _told(_whole(0, 10), "0 to 10; shown and not used."),
    "mitigationScore": _told(_whole(0, 10), "0 to 10; shown and not used."),
    "reports": _told(_whole(0, 999_999_999), "How often it was reported; kept and not used."),
}
PATTERN: dict[str, Schema] = {
    "set": _told(_ref("set"), "All of these together, in any order."),
    "sequence": _told(_ref("sequence"), "All of these, one after the other."),
}
_METADATA = _told({"type": "object"}, "Kept from rules of the other dialect and not used.")
OWN: dict[str, Schema] = {
    "status": _told(_words(STATUSES), "Who sees it: engineers, after approval, everybody, nobody."),
    "product": _told(_texts(), "Names of products.yaml; else the name of the folder."),
    "files": _told(_texts(), "Only files with these names; * and ** as usual."),
    "exclude_files": _told(_texts(), "Never files with these names, whatever files says."),
    "when": _told(_ref("when"), "What the ticket must be."),
    "fixed_in": _told(_texts(), "Only versions before these."),
    "terms": {
        "description": "Terms by name, to be named as a term below set or sequence.",
        "type": "object",
        "additionalProperties": _ref("term"),
    },
    "answer": _told(_ref("answer"), "What helps."),
    "supersedes": _told(_texts(), "Rules that give way to this one."),
    "related": _told(_texts(), "Rules that may fire beside this one."),
    "tests": _told(
        _object(
            {
                "match": _told(_list(_ref("test")), "It must fire on each of these."),
                "no_match": _told(_list(_ref("test")), "It must be silent on each of these."),
            }
        ),
        "Samples within the rule, beside those in the samples folder.",
    ),
    "since": _told(_DATE, "The day it was written, as 2026-01-31."),
    "updated": _told(_DATE, "The day it was last changed, as 2026-01-31."),
    "review_by": _told(_DATE, "Past this day lint asks to look again."),
    "metadata": _METADATA,
}
FIELDS = ABOUT | PATTERN | OWN

_NOT_RUN = "Read and never run: a rule with it is left out, with a warning."
_TERM_FIELDS: dict[str, Schema] = {
    "value": _told(_PATTERN, "These very characters, or the name of a term."),
    "regex": _told(_PATTERN, "An RE2 pattern; the dot takes newlines."),
    "jq": _told(_PATTERN, "A query on an event that is JSON."),
    "field": _told(TEXT, "The path a.b of a value within JSON."),
    "count": _told(_whole(1, 10_000), "In how many different events it must be; 1 unless told."),
    "extract": _told(
        _list(_ref("capture")), "Values to take out of the event, for the answer and engineers."
    ),
    "set": _told({"type": "object"}, _NOT_RUN),
    "sequence": _told({"type": "object"}, _NOT_RUN),
    "event": _told({"type": "object"}, "Read and not used here; write it below set or sequence."),
    "promql": _told(TEXT, _NOT_RUN),
}
_NEGATE_FIELDS: dict[str, Schema] = {
    "window": _told(
        _DURATION,
        "How long after the anchor it must not be, such as 5m; the time from the first to the last event of "
        "the match is added unless absolute is true. Without it: only between the first and the last.",
    ),
    "slide": _told(_SIGNED, "Moves the begin of the window: -30s begins half a minute before the anchor."),
    "anchor": _told(
        _whole(0, 10_000), "The event of the match to count from: 0 the first, 1 the second; 0 unless told."
    ),
    "absolute": _told(_BOOLEAN, "true: the window is as long as written, nothing is added."),
}
_WINDOW: Schema = {"anyOf": [_DURATION, {"const": "file"}]}


_HOW = {"match": ", in any order.", "order": ", one after the other."}


def _node(part: str) -> Schema:
    fields: dict[str, Schema] = {
        "window": _told(
            _WINDOW, "From the first to the last event at most: 30s, 5m, 1h30m; or file: anywhere."
        ),
        "event": _told(_SOURCE, "Which log it is in."),
        part: _told(_list(_ref("term"), 1), "What to look for" + _HOW[part]),
        "negate": _told(_list(_ref("negate")), "What must not be there."),
        "correlations": {"description": _NOT_RUN},
    }
    return _object(fields, part)


def _choice(item: Schema) -> Schema:
    some: Schema = {"anyOf": [item, _list(item, 1)]}
    parts = {
        "any": _told(some, "At least one of these."),
        "all": _told(some, "Each of these."),
        "none": _told(some, "None of these."),
    }
    return {"anyOf": [item, _list(item, 1), _object(parts)]}


def _when() -> Schema:
    phrases = _choice(_ref("phrase"))
    special: dict[str, Schema] = {
        "product": _told(_texts(), "The ticket's product is one of these."),
        "desk": _told(_texts(), "The desk it came from is one of these."),
        "request_type": _told(_texts(), "The kind of request is one of these."),
        "language": _told(_texts(), "The ticket's language: en takes en-GB too."),
        "version": _told(TEXT, "Such as >=9.0 <9.4.2 || 10.x"),
        "tags": _told(_choice(TEXT), "The ticket's tags: a list takes any of them."),
        "subject": _told(phrases, "Words of the subject, whole ones, in any case; or {regex: ..}."),
        "description": _told(phrases, "Words of the description."),
        "text": _told(phrases, "Words of the subject or the description."),
    }
    return _object({name: special[name] for name in WHEN_FIELDS})


def _definitions() -> Schema:
    phrase: dict[str, Schema] = {
        "regex": _told(_PATTERN, "An RE2 pattern, asked of the folded text, in any case."),
        "extract": _told(_list(_ref("capture")), "Values to take out of the ticket's text."),
    }
    fields = {
        name: _told(_texts() if name == "tags" else TEXT, "As the desk tells it.") for name in TICKET_FIELDS
    }
    test: dict[str, Schema] = {
        "log": _told(TEXT, "The lines of a log."),
        "ticket": _told(_object(fields), "The ticket's fields."),
        "file": _told(TEXT, "What the log is called; without it files and exclude_files are not tried."),
    }
    capture: dict[str, Schema] = {
        "name": _told(
            {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,31}$"}, "The slot {name} of the answer."
        ),
        "regex": _told(_PATTERN, "Its first group is the value, else the whole match."),
        "jq": _told(_PATTERN, "A query for the value, in an event that is JSON."),
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
                "cre": _told(
                    _object(FIELDS, open_ended=True), "The fields of the rule in the other dialect."
                ),
                "rule": _told(_object(PATTERN), "Its set or sequence in the other dialect."),
                **FIELDS,
            },
            "cre",
        ),
        "term": {"anyOf": [_PATTERN, _object(_TERM_FIELDS)]},
        "negate": {"anyOf": [_PATTERN, _object(_TERM_FIELDS | _NEGATE_FIELDS)]},
        "set": _node("match"),
        "sequence": _node("order"),
        "capture": _object(capture, "name"),
        "phrase": {"anyOf": [TEXT, _object(phrase, "regex")]},
        "when": _when(),
        "answer": _object(answer),
        "test": {"anyOf": [TEXT, _object(test)]},
    }


def schema() -> Schema:
    """The schema of a rule file: one rule, one item with `cre`, or a list of both under `rules`."""
    either: Schema = {"anyOf": [_ref("rule"), _ref("item")]}
    listed = _object(
        {
            "rules": _told(_list(either, 1), "Several rules in one file."),
            "terms": OWN["terms"],
            "metadata": _METADATA,
            "section": _told(TEXT, "Read and not used."),
            "version": _told(TEXT, "Read and not used."),
        },
        "rules",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Hercules rule",
        "anyOf": [_ref("rule"), _ref("item"), listed],
        "$defs": _definitions(),
    }
