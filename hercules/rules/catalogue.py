"""The catalogues of a rules folder: which products, tags and categories there are, with their titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hercules.model import Refusal
from hercules.rules.nouns import Rule
from hercules.rules.reading import Reader, nearest
from hercules.rules.rule import RuleFile, is_catalogue
from hercules.text import fold
from hercules.yamlfile import MapNode, YamlRefused, read_yaml

_LISTS = ("products", "tags", "categories")
_ENTRY_FIELDS = ("name", "title", "displayName", "description")
_FILE_FIELDS = (*_LISTS, "metadata")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Titles by folded name. An empty part says nothing: then nothing is unknown.

    `paths`: the file in which products, tags and categories are listed, the first one of each.
    """

    products: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)


def read_catalogue(files: Iterable[RuleFile]) -> Catalogue:
    """What the catalogues among these files list; categories count as tags. Files with rules are passed over.

    Raises nothing for any content.
    """
    found: dict[str, dict[str, str]] = {name: {} for name in _LISTS}
    refusals: list[Refusal] = []
    paths: dict[str, str] = {}
    for file in files:
        try:
            tree = read_yaml(file.data, file.path)
        except YamlRefused:
            continue  # told where the rules are read
        if isinstance(tree, MapNode) and is_catalogue(file, tree) and any(map(tree.get, _LISTS)):
            reader = Reader(file.path)
            reader.known(tree, _FILE_FIELDS, "a catalogue")
            for name in _LISTS:
                found[name].update(_entries(reader, tree, name))
                if tree.get(name) is not None:
                    paths.setdefault(name, file.path)
            refusals += reader.refusals
    return Catalogue(found["products"], found["tags"] | found["categories"], tuple(refusals), paths)


def _entries(reader: Reader, tree: MapNode, name: str) -> dict[str, str]:
    entries = {}
    for item in reader.items(tree.get(name), name):
        table = reader.mapping(item, f"an entry of {name}")
        if table is None:
            continue
        reader.known(table, _ENTRY_FIELDS, f"an entry of {name}")
        key = reader.text(table.get("name"), "name").strip()
        if not key:
            reader.refuse(table, "E-value", f"an entry of {name} has no name", "Write name: and title:.")
            continue
        title = reader.text(table.get("title"), "title") or reader.text(
            table.get("displayName"), "displayName"
        )
        entries[fold(key)] = title or key
    return entries


def unlisted(rules: Iterable[Rule], catalogue: Catalogue) -> list[Refusal]:
    """A warning for each product, tag and category of a rule that the catalogues do not list."""
    found: list[Refusal] = []
    for rule in rules:
        for product in rule.product if catalogue.products else ():
            file = catalogue.paths.get("products", "products.yaml")
            found += _missing(rule, "W-unknown-product", "product", product, catalogue.products, file)
        words = [("tag", tag) for tag in rule.tags] + ([("category", rule.category)] if rule.category else [])
        for what, word in words if catalogue.tags else ():
            file = catalogue.paths.get("tags") or catalogue.paths.get("categories", "tags.yaml")
            found += _missing(rule, "W-unknown-tag", what, word, catalogue.tags, file)
    return found


def _missing(
    rule: Rule, code: str, what: str, word: str, listed: Mapping[str, str], file: str
) -> Iterable[Refusal]:
    if fold(word) in listed:
        return
    near = nearest(fold(word), listed)
    add = f"add it to {file} as - {{name: {word}, title: ..}}"
    fix = f"Did you mean {near}? Else {add}." if near else f"{add[0].upper()}{add[1:]}."
    message = f"{what} {word!r} is not in the catalogue"
    place = rule.place
    yield Refusal(place.file, place.line, place.column, code, message, fix, rule.id)
