"""Takes over a folder of CRE rules as it is: rules, samples beside them and lists of tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hercules.model import Refusal
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.writing import NewFile

_SAMPLES = ("test.log", "test-fp.log")
_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ImportedFolder:
    """Files to write as they are, what was refused, and how many rules and samples are among them."""

    files: tuple[NewFile, ...]
    refusals: tuple[Refusal, ...]
    rules: int
    samples: int


def import_cre(files: Iterable[tuple[tuple[str, ...], bytes]]) -> ImportedFolder:
    """The files of a CRE folder, (path below it, bytes), that we can use: unchanged, at the same places.

    A rule without a status is experimental, so nothing has to be written into it. A file with an error is
    left out with the samples beside it. Raises nothing for any content.
    """
    held = list(files)
    rule_files = [
        RuleFile("/".join(path), data, path[0] if len(path) > 1 else "")
        for path, data in held
        if path[-1].lower().endswith(_YAML)
    ]
    rules, found = read_rules(rule_files)
    errors = [each for each in found if each.code.startswith("E-")]
    broken = {each.file for each in errors}
    kept = {file.path for file in rule_files} - broken
    folders = {path.rpartition("/")[0] for path in kept}
    samples = [
        (path, data)
        for path, data in held
        if path[-1] in _SAMPLES and "/".join(path[:-1]) in folders and len(path) > 1
    ]
    taken = [(path, data) for path, data in held if "/".join(path) in kept]
    return ImportedFolder(
        files=tuple(NewFile(path, data) for path, data in [*taken, *samples]),
        refusals=tuple(errors),
        rules=sum(1 for rule in rules if rule.file in kept),
        samples=len(samples),
    )
