"""Say what of some values does not fit their JSON Schemas: a list of complaints for each value."""

import json
import sys

import jsonschema_rs

MOST = 5
DRAFTS = {"4": jsonschema_rs.Draft4Validator, "2020-12": jsonschema_rs.Draft202012Validator}


def complaints(validator, value):
    """The first few, each with its place."""
    found = []
    for error in validator.iter_errors(value):
        place = "/".join(str(part) for part in error.instance_path)
        found.append(f"{place}: {error.message[:200]}")
    return found[:MOST]


told = json.load(sys.stdin)
made = DRAFTS[told["draft"]]
answers = []
for case in told["cases"]:
    validator = made(case["schema"], validate_formats=True)
    answers.append([complaints(validator, value) for value in case["values"]])
json.dump(answers, sys.stdout)
