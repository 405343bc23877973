"""Reads the files of one ticket with a set of rules: finds, events, confirmed hits, frames, matches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hercules.logs.lines import cutters
from hercules.model import FileRead, Limits, LogFile, Match, NotScanned, Scan, Ticket
from hercules.redact import Redactor
from hercules.rules.conditions import Asker, Verdict
from hercules.rules.confirm import Found, Record
from hercules.rules.database import ERROR_REF, ERRORS_ONLY, Ruleset, TermRef
from hercules.rules.errors import ErrorBook
from hercules.rules.evidence import Keeper, Kept
from hercules.rules.feed import UNTIMED, OpenFile, View, micro
from hercules.rules.matches import Framed, Maker, Spot, ranked
from hercules.rules.nouns import Node, Rule
from hercules.rules.scope import Streams, stream
from hercules.rules.search import Search
from hercules.rules.windows import Hits, Key, cap, frames, no_date, no_stamp, unmeasured
from hercules.text import fold

_ROTATION = 1 << 24  # more files than one ticket can bring: keeps the files of one rotation apart


def scan(
    files: Iterable[LogFile | NotScanned],
    ruleset: Ruleset,
    limits: Limits,
    ticket: Ticket | None = None,
    redact: Callable[[str], str] | None = None,
    products: frozenset[str] = frozenset(),
    *,
    scoped: bool = True,
    deprecated: bool = False,
) -> Scan:
    """What the rules say of these files and this ticket; all text in it has passed `redact`.

    With `products` only rules of one of them, or of none, are asked. `scoped` false: every rule reads every
    file, whatever its globs; `deprecated` true: deprecated rules run too (both are for testing rules).
    """
    run = _Run(ruleset, limits, ticket, Redactor() if redact is None else redact, scoped)
    run.choose(products, deprecated)
    for file in files:
        if isinstance(file, NotScanned):
            run.not_scanned.append(file)
        else:
            run.read(file)
    return run.finish()


_Asked = tuple[list[tuple[TermRef, ...]], tuple[TermRef, ...], tuple[TermRef, ...]]
"""For each literal the terms to ask, the terms to ask of each event, and those where lines end with `\\r`."""


@dataclass(slots=True)
class _Stream:
    """The hits of one rule in one file and its rotations; `until` when not all negations were looked for.

    `undated`: the stamps of one of these files tell no date.
    """

    by_term: list[dict[Key, Spot]]
    until: Key | None = None
    undated: bool = False

    def untold(self) -> str:
        """Why the times say nothing, '' when they do."""
        for spots in self.by_term:
            for key, spot in spots.items():
                if key[0] == UNTIMED:
                    return no_stamp(spot.kept.file if spot.kept else "the file")
        if self.undated and len({key[1] for spots in self.by_term for key in spots}) > 1:
            kept = (spot.kept for spots in self.by_term for spot in spots.values() if spot.kept)
            first = next(kept, None)
            return no_date(stream(first.file)[0] if first else "the file")
        return ""


class _Run:
    """One scan: what was found so far."""

    def __init__(
        self,
        ruleset: Ruleset,
        limits: Limits,
        ticket: Ticket | None,
        redact: Callable[[str], str],
        scoped: bool,
    ) -> None:
        self.not_scanned: list[NotScanned] = []
        self._ruleset = ruleset
        self._search = Search(ruleset)
        self._limits = limits
        self._ticket = ticket
        self._redact = redact
        self._scoped = scoped
        self._keeper = Keeper(limits)
        self._verdicts: list[Verdict | None] = []
        self._streams: dict[int, dict[str, _Stream]] = {}
        self._files: list[FileRead] = []
        self._errors: list[tuple[int, ErrorBook]] = []
        self._orders: list[int] = []
        self._digests: dict[tuple[bytes, int], int] = {}
        self._logs = Streams()
        self._refs: dict[tuple[bool, ...], _Asked] = {}
        self._kept_count: dict[int, int] = {}

    # --- which rules --------------------------------------------------------------------------------

    def choose(self, products: frozenset[str], deprecated: bool) -> None:
        """Ask each rule's conditions once; what they deny is not looked for."""
        asker, wanted = Asker(self._ticket), {fold(product) for product in products}
        for rule in self._ruleset.rules:
            asked = deprecated or rule.status != "deprecated"
            if wanted and rule.product and not wanted & {fold(product) for product in rule.product}:
                asked = False
            verdict = asker.verdict(rule) if asked else None
            self._verdicts.append(None if verdict is None or verdict.truth == "no" else verdict)

    def _refs_for(self, name: str) -> _Asked:
        """What to ask in a file of this name."""
        ruleset = self._ruleset
        takes = tuple(not self._scoped or scope.takes(name) for scope in ruleset.scopes)
        if takes not in self._refs:

            def asked(ref: TermRef) -> bool:
                rule = ref[0]
                return rule < 0 or (self._verdicts[rule] is not None and takes[ruleset.scope_of[rule]])

            chosen = (tuple(filter(asked, refs)) for refs in self._search.refs)
            refs = [ERRORS_ONLY if refs == ERRORS_ONLY else refs for refs in chosen]
            self._refs[takes] = refs, tuple(filter(asked, ruleset.slow)), tuple(filter(asked, ruleset.wholes))
        return self._refs[takes]

    # --- one file -----------------------------------------------------------------------------------

    def read(self, log: LogFile) -> None:
        """Read one file to its end."""
        file = self._opened(log)
        self._keeper.begin()
        for cutter in cutters(file.chunks(), log.shape, self._limits):
            self._keeper.enter(cutter.buffer, cutter.end)
            view = file.view(cutter)
            finds = self._search.find(cutter.buffer, errors=file.errors.begin_buffer())
            for start, end, refs in view.wanted(finds):
                self._event(file, view, start, end, refs)
            self._keeper.leave(cutter.buffer, cutter.end)
            file.leave(view)
            if self._search.turns():
                self._refs.clear()
                file.refs, file.slow, file.wholes = self._refs_for(log.name)
        self._files.append(FileRead(log.name, file.fingerprint.size, file.lines, log.encoding))
        self._orders.append(file.order)
        self._close(file)

    def _opened(self, log: LogFile) -> OpenFile:
        own, rotation = self._logs.key(log.name)
        number = len(self._files)
        refs, slow, wholes = self._refs_for(log.name)
        errors = ErrorBook(log.name, log.encoding, self._limits.errors_max)
        return OpenFile(
            log, number, rotation * _ROTATION + number, own, refs, slow, wholes, self._search, errors
        )

    def _close(self, file: OpenFile) -> None:
        if (first := self._copied(file)) is not None:
            earlier = self._files[first].name
            self._drop(file, first)
            self.not_scanned.append(NotScanned(file.log.name, "duplicate", f"the same as {earlier}"))
            return
        if file.first is not None:
            self._date(file, file.first)
        if file.errors.full:
            most = self._limits.errors_max
            detail = f"more error lines than are looked at: at most {most} kinds are told, counts may be low"
            self.not_scanned.append(NotScanned(file.log.name, "more", detail))
        self._errors.append((file.number, file.errors))
        for number in sorted({number for number, _ in file.closed}):
            rule = self._ruleset.rules[number]
            detail = f"rule {rule.id}: only the first {self._cap(rule)} events of each term were taken"
            self.not_scanned.append(NotScanned(file.log.name, "more", detail))

    def _copied(self, file: OpenFile) -> int | None:
        """The number of the file that this one is a copy of, None when it is none."""
        first = self._digests.setdefault((file.fingerprint.digest(), file.lines), file.number)
        if first == file.number or not file.fingerprint.size or file.log.name.startswith("ticket/"):
            return None
        earlier, later = self._found_in(self._orders[first]), self._found_in(file.order)
        both = [number for number in earlier.keys() | later.keys() if self._reads(number, first, file.number)]
        return first if all(earlier.get(number) == later.get(number) for number in both) else None

    def _found_in(self, order: int) -> dict[int, dict[tuple[int, int], Found]]:
        """For each rule what it found in one file, by term and offset."""
        found: dict[int, dict[tuple[int, int], Found]] = {}
        for number, streams in self._streams.items():
            for one in streams.values():
                for term, spots in enumerate(one.by_term):
                    here = {(term, key[2]): spot.found for key, spot in spots.items() if key[1] == order}
                    if here:
                        found.setdefault(number, {}).update(here)
        return found

    def _reads(self, number: int, *files: int) -> bool:
        """True when a rule reads all of these files."""
        scope = self._ruleset.scopes[self._ruleset.scope_of[number]]
        return not self._scoped or all(scope.takes(self._files[file].name) for file in files)

    def _date(self, file: OpenFile, first: datetime) -> None:
        """Give the hits before the file's first stamp its time: that stamp may have come much later."""
        for found in (found for streams in self._streams.values() for found in streams.values()):
            for spots in found.by_term:
                for key in [key for key in spots if key[:2] == (UNTIMED, file.order)]:
                    spot = spots.pop(key)
                    if spot.kept is not None:
                        spot.kept.at = first
                    spots[micro(first), key[1], key[2]] = spot

    def _drop(self, file: OpenFile, first: int) -> None:
        """Forget the hits of a copy, but for rules that did not read the first of the two."""
        for number, streams in self._streams.items():
            if not self._reads(number, first):
                continue
            for spots in (spots for found in streams.values() for spots in found.by_term):
                for key in [key for key in spots if key[1] == file.order]:
                    del spots[key]

    def _event(self, file: OpenFile, view: View, start: int, end: int, refs: Collection[TermRef]) -> None:
        """Confirm one event for the terms whose literals were found in it."""
        text = view.text(start, end)
        record, kept, key, at = None, None, None, None
        for ref in refs if len(refs) == 1 else sorted(refs):
            number, term = ref
            if ref == ERROR_REF:
                file.errors.take(text, file.offset + start, view.cutter.line_at(start))
                continue
            if file.closed and ref in file.closed:
                continue
            matcher = self._ruleset.matchers[number][term]
            if matcher.reads_json and record is None:
                record = Record(text)
            found = matcher.find(text, record)
            if found is None:
                continue
            if key is None:
                at = view.clock.at(start)
                key = (UNTIMED if at is None else micro(at), file.order, file.offset + start)
            if self._keeps(number):
                kept = kept or self._kept(file, view, at, text, start, end)
                self._hit(file, ref, key, Spot(kept, found))
            else:
                self._hit(file, ref, key, Spot(None, found))

    def _kept(
        self, file: OpenFile, view: View, at: datetime | None, text: bytes, start: int, end: int
    ) -> Kept:
        """The event as evidence, with the lines around it."""
        cutter, log = view.cutter, file.log
        made = Kept(log.name, cutter.line_at(start), at, log.encoding, text)
        return self._keeper.keep(made, cutter.buffer, cutter.end, start, end)

    def _keeps(self, number: int) -> bool:
        """A rule of one event shows its first ones; of other rules any hit may come to be shown."""
        node = self._ruleset.rules[number].node
        if node is None or node.negates or node.expanded > 1:
            return True
        self._kept_count[number] = self._kept_count.get(number, 0) + 1
        return self._kept_count[number] <= self._limits.evidence_max

    def _hit(self, file: OpenFile, ref: TermRef, key: Key, spot: Spot) -> None:
        number, term = ref
        rule = self._ruleset.rules[number]
        streams = self._streams.setdefault(number, {})
        if file.stream not in streams:
            streams[file.stream] = _Stream([{} for _ in self._ruleset.matchers[number]])
        found = streams[file.stream]
        found.undated = found.undated or file.days is not None
        if file.counts.get(ref, 0) >= self._cap(rule):
            file.closed.add(ref)
            if rule.node is not None and term >= len(rule.node.positives):
                found.until = min(found.until or key, key)
            return
        file.counts[ref] = file.counts.get(ref, 0) + 1
        found.by_term[term][key] = spot

    def _cap(self, rule: Rule) -> int:
        return cap(rule.node, self._limits.hits_max) if rule.node else self._limits.hits_max

    # --- the end ------------------------------------------------------------------------------------

    def finish(self) -> Scan:
        """All files are read: join hits, make matches, tell the errors that nothing explains."""
        maker = Maker(self._limits, self._redact, self._ticket)
        matches: list[Match] = []
        claimed: dict[int, set[int]] = {}
        for number, rule in enumerate(self._ruleset.rules):
            verdict = self._verdicts[number]
            if verdict is None:
                continue
            framed = [one for one in self._framed(number, rule) if one.frames]
            for key in (key for one in framed for frame in one.frames for key in frame):
                claimed.setdefault(key[1] % _ROTATION, set()).add(key[2])
            if framed:
                matches.append(maker.from_log(rule, self._ruleset.sizes[number], framed, verdict))
            elif rule.node is None:
                matches.append(maker.from_ticket(rule, verdict))
        errors = tuple(
            error
            for number, book in self._errors
            for error in book.unexplained(claimed.get(number, set()), self._redact)
        )
        by_id = {rule.id.lower(): rule for rule in self._ruleset.rules}
        return Scan(ranked(matches, by_id), errors, tuple(self._files), tuple(self.not_scanned))

    def _framed(self, number: int, rule: Rule) -> Iterator[Framed]:
        for found in self._streams.get(number, {}).values():
            if rule.node is not None:
                yield _joined(rule.node, found)


def _joined(node: Node, found: _Stream) -> Framed:
    """The frames of one rule in one stream; without a time for each hit the order of lines decides."""
    untold = found.untold()
    timed = not untold
    by_term = found.by_term if timed else [_by_line(spots) for spots in found.by_term]
    spots: dict[Key, list[Spot]] = {}
    for one in by_term[: len(node.positives)]:
        for key, spot in one.items():
            spots.setdefault(key, []).append(spot)
    keys: Sequence[Sequence[Key]] = [sorted(one) for one in by_term]
    made = frames(node, Hits(keys, timed, found.until))
    return Framed(made, spots, unmeasured(node, made, untold))


def _by_line(spots: dict[Key, Spot]) -> dict[Key, Spot]:
    return {(UNTIMED, key[1], key[2]): spot for key, spot in spots.items()}
