"""Rule files to rules: every shape of file, every field, a refusal with its place for all that is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import re2

from hercules.model import Refusal
from hercules.rules import checks, extras
from hercules.rules.nouns import STATUSES, NodeKind, Place, Rule, Term
from hercules.rules.nouns import Node as PatternNode
from hercules.rules.reading import Reader
from hercules.rules.terms import read_node, read_terms
from hercules.rules.whens import read_when
from hercules.yamlfile import MapNode, Node, TextNode, YamlRefused, plain, read_yaml

__all__ = ["Rule", "RuleFile", "read_rules"]

CRE_FIELDS = (
    "id title severity category tags author description cause impact mitigation falsepositives references "
    "applications impactScore mitigationScore reports"
).split()
PATTERN_FIELDS = ("set", "sequence")
OWN_FIELDS = (
    "status product files exclude_files when fixed_in terms answer supersedes related tests since updated "
    "review_by metadata"
).split()
FLAT_FIELDS = (*CRE_FIELDS, *PATTERN_FIELDS, *OWN_FIELDS)
_ITEM_FIELDS = ("cre", "rule", "metadata", *FLAT_FIELDS)
_CATALOGUES = ("products", "tags", "sources", "data-sources")
_CATALOGUE_KINDS = ("tags", "categories")
_ID = re2.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file as bytes. `path` is for messages, `product` the folder below `rules/` it lies in."""

    path: str
    data: bytes
    product: str = ""


@dataclass(slots=True)
class _Load:
    """What has been read so far."""

    rules: list[Rule] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: dict[str, Place] = field(default_factory=dict)


def read_rules(
    files: Iterable[RuleFile], rules_max: int = 5_000
) -> tuple[tuple[Rule, ...], tuple[Refusal, ...]]:
    """The rules that can be used, by id, and all findings (codes E-.. and W-..), sorted by place.

    A rule with an error is left out, the others load. Raises nothing for any content.
    """
    load = _Load()
    trees = [(file, tree) for file in files if (tree := _tree(load, file)) is not None]
    for file, tree in trees:
        if is_catalogue(file, tree):
            _read_sources(load, file, tree)
    for file, tree in trees:
        if not is_catalogue(file, tree):
            _read_file(load, file, tree, rules_max)
    rules, more = checks.together(load.rules)
    found = sorted(load.refusals + more, key=lambda one: (one.file, one.line, one.column, one.code))
    return tuple(sorted(rules, key=lambda rule: rule.id.lower())), tuple(found)


def _tree(load: _Load, file: RuleFile) -> MapNode | None:
    try:
        node = read_yaml(file.data, file.path)
    except YamlRefused as refused:
        load.refusals.extend(refused.refusals)
        return None
    if isinstance(node, MapNode):
        return node
    fix = "Write the rule's fields, or rules: with a list below it."
    load.refusals.append(
        Refusal(file.path, node.line, node.column, "E-value", "a rule file must be a mapping", fix)
    )
    return None


# --- catalogues -------------------------------------------------------------------------------------


def _stem(file: RuleFile) -> str:
    return file.path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def is_catalogue(file: RuleFile, tree: MapNode) -> bool:
    """True for a file that lists products, tags or log sources and holds no rule."""
    if (
        file.product == ""
        and _stem(file) in _CATALOGUES
        and tree.get("id") is None
        and tree.get("rules") is None
    ):
        return True
    metadata = tree.get("metadata")
    kind = metadata.get("kind") if isinstance(metadata, MapNode) else None
    return isinstance(kind, TextNode) and kind.value in _CATALOGUE_KINDS and tree.get("rules") is None


def _read_sources(load: _Load, file: RuleFile, tree: MapNode) -> None:
    """The file globs that a log source stands for; other catalogues are read as such and not used."""
    if _stem(file) != "sources":
        return
    reader = Reader(file.path)
    for key, value in tree.pairs:
        table = reader.mapping(value, key.value)
        if table is not None:
            reader.known(table, ("products", "files"), key.value)
            load.sources[key.value] = reader.texts(table.get("files"), "files")
    load.refusals.extend(reader.refusals)


# --- one file ---------------------------------------------------------------------------------------


def _read_file(load: _Load, file: RuleFile, tree: MapNode, rules_max: int) -> None:
    reader = Reader(file.path)
    if tree.get("rules") is None:
        items: Sequence[Node] = (tree,)
        named: Mapping[str, Term] = {}
    else:
        reader.known(tree, ("rules", "terms", "metadata", "section", "version"), "a list of rules")
        items = reader.items(tree.get("rules"), "rules")
        named = read_terms(reader, tree.get("terms"))
        if not items and not reader.failed:
            reader.refuse(tree, "E-empty-rule", "the list of rules is empty", "Add a rule.")
    load.refusals.extend(reader.refusals)
    for item in items:
        if len(load.rules) >= rules_max:
            fix = "Split the set, or raise the limit."
            place = Refusal(file.path, item.line, item.column, "E-value", f"more than {rules_max} rules", fix)
            load.refusals.append(place)
            return
        _read_item(load, file, item, named)


def _read_item(load: _Load, file: RuleFile, item: Node, named: Mapping[str, Term]) -> None:
    reader = Reader(file.path)
    rule = None
    table = reader.mapping(item, "a rule")
    if table is not None:
        reader.rule = _id_of(table)
        fields = _fields(reader, table)
        rule = _Reading(reader, file, table, fields, load.sources).rule(named)
    if rule is not None and (first := load.seen.get(rule.id.lower())) is not None:
        node = fields.get("id", item)
        reader.refuse(node, "E-duplicate-id", f"id {rule.id} is at {first} already", "Give it another id.")
        rule = None
    load.refusals.extend(reader.refusals)
    if rule is not None:
        load.seen[rule.id.lower()] = rule.place
        load.rules.append(rule)


def _id_of(table: MapNode) -> str:
    cre = table.get("cre")
    node = cre.get("id") if isinstance(cre, MapNode) else table.get("id")
    return node.value if isinstance(node, TextNode) else ""


def _fields(reader: Reader, table: MapNode) -> dict[str, Node]:
    """All fields of a rule by name, whether they stood at its root or within `cre` and `rule`."""
    is_item = table.get("cre") is not None
    reader.known(table, _ITEM_FIELDS if is_item else FLAT_FIELDS, "a rule")
    found = {key.value: value for key, value in table.pairs if key.value not in ("cre", "rule")}
    parts: tuple[tuple[str, Sequence[str], str], ...] = (
        ("cre", FLAT_FIELDS, "W-unknown-field"),
        ("rule", PATTERN_FIELDS, "E-unknown-field"),
    )
    for part, names, code in parts if is_item else ():
        below = reader.mapping(table.get(part), part)
        for key, value in below.pairs if below else ():
            if key.value not in names:
                reader.unknown(key, names, part, code)
            elif key.value in found:
                fix = "Keep one of the two."
                reader.refuse(key, "E-twice", f"{key.value} is at the root and within {part}", fix)
            else:
                found[key.value] = value
    return found


@dataclass(slots=True)
class _Reading:
    """One rule being read."""

    reader: Reader
    file: RuleFile
    table: MapNode
    fields: dict[str, Node]
    sources: Mapping[str, tuple[str, ...]]

    def rule(self, named: Mapping[str, Term]) -> Rule | None:
        """The rule, None when one of its findings is an error or it cannot be run."""
        identity, title = self._id(), self._title()
        node = self._node({**named, **read_terms(self.reader, self.fields.get("terms"))})
        made = Rule(identity, title, self.reader.place(self.table), node=node)
        made = self._about(self._conditions(made))
        extras.read_unused(self.reader, self.fields)
        not_run = any(refusal.code == "W-not-run" for refusal in self.reader.refusals)
        if not self.reader.failed and not not_run and made.node is None and not made.when.asks:
            fix = "Add set:, sequence: or when: with text, request_type or tags."
            self.reader.refuse(self.table, "E-empty-rule", "the rule looks for nothing", fix)
        checks.rule(self.reader, made, self.fields)
        return None if self.reader.failed or not_run else made

    def _get(self, name: str) -> Node | None:
        return self.fields.get(name)

    def _texts(self, name: str) -> tuple[str, ...]:
        return self.reader.texts(self._get(name), name)

    def _text(self, name: str) -> str:
        return self.reader.text(self._get(name), name)

    def _id(self) -> str:
        node = self._get("id")
        text = self.reader.text(node, "id")
        if not _ID.search(text):
            what = f"{text!r} is no id" if node is not None else "the rule has no id"
            fix = "Write 3 to 64 letters, digits, dots, dashes or underscores."
            self.reader.refuse(node or self.table, "E-value", what, fix)
        return text

    def _title(self) -> str:
        node = self._get("title")
        text = " ".join(self.reader.text(node, "title", 160).split())
        if node is None:
            self.reader.refuse(self.table, "E-value", "the rule has no title", "Write one neutral sentence.")
        self.reader.blank(node, "title")
        return text

    def _node(self, named: Mapping[str, Term]) -> PatternNode | None:
        both = [name for name in PATTERN_FIELDS if name in self.fields]
        if not both:
            return None
        kind: NodeKind = "sequence" if "sequence" in both else "set"
        if len(both) == 2:
            code = "W-two-nodes" if self.table.get("cre") is not None else "E-two-nodes"
            fix = "Keep one of them; the sequence decides."
            self.reader.refuse(self.fields["set"], code, "the rule has a set and a sequence", fix)
        return read_node(self.reader, kind, self.fields[kind], named)

    def _conditions(self, made: Rule) -> Rule:
        files, exclude = self._texts("files"), self._texts("exclude_files")
        return replace(
            made,
            files=files,
            exclude_files=exclude,
            source_files=self._source(made.node) if not files and not exclude else (),
            when=read_when(self.reader, self._get("when")),
            fixed_in=self._texts("fixed_in"),
            supersedes=self._texts("supersedes"),
            related=self._texts("related"),
        )

    def _source(self, node: PatternNode | None) -> tuple[str, ...]:
        if node is None or not node.source:
            return ()
        if node.source not in self.sources:
            place = self.fields[node.kind]
            fix = "Name it in sources.yaml at the top of the rules folder."
            message = f"log source {node.source} is not known, so all files are read"
            self.reader.refuse(place, "W-source-unmapped", message, fix)
        return self.sources.get(node.source, ())

    def _about(self, made: Rule) -> Rule:
        read, product = self.reader, self._texts("product")
        status = self._get("status")
        digest = hashlib.sha256(json.dumps([self.file.product, plain(self.table)]).encode()).hexdigest()
        return replace(
            made,
            status=read.choice(status, "status", STATUSES, "experimental") if status else "experimental",
            severity=extras.read_severity(read, self._get("severity")),
            product=product or ((self.file.product,) if self.file.product else ()),
            category=self._text("category"),
            tags=self._texts("tags"),
            answer=extras.read_answer(read, self._get("answer")),
            tests=extras.read_tests(read, self._get("tests")),
            description=self._text("description"),
            cause=self._text("cause"),
            impact=self._text("impact"),
            mitigation=self._text("mitigation"),
            falsepositives=self._text("falsepositives"),
            references=self._texts("references"),
            author=self._text("author"),
            review_by=self._text("review_by"),
            digest=digest,
        )
