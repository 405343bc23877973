"""Joins what rules and search found into one short ranked list, each answer with its why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from hercules.kb.words import RUN
from hercules.model import Article, Evidence, Hit, Item, Match, Scan, Suggestion, TicketRef
from hercules.redact import redact
from hercules.text import cut, one_line

ITEMS_MAX = 3
EVIDENCE_MAX = 10
_WITH_PROOF = {"stable": 0.90, "test": 0.85}
_BY_WORDS = 0.75
_UNVERIFIED = 0.10
_WORDS_SHOWN = 3
_TWINS_FROM = 95.0
_BARE = ("code", "exception")
_SHARERS = (
    ("the ticket", frozenset(("subject", "prose", "quote", "code", "exception"))),
    ("its log", frozenset(("log",))),
    ("a matched rule", frozenset(("rule",))),
)

FindArticle = Callable[[str], Article | None]


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How sure an answer must be (0..1): below `hold_from` it is dropped, below `say_from` only reviewed."""

    hold_from: float
    say_from: float
    public_only: bool = False
    items_max: int = ITEMS_MAX


def suggest(
    ref: TicketRef,
    scan: Scan,
    hits: Sequence[Hit],
    articles: FindArticle,
    options: AnswerOptions,
    suggestion_id: str,
    rules_hash: str,
) -> Suggestion:
    """One ranked list of answers for a ticket; empty when nothing is sure enough.

    Rules that proved themselves in a log come first, in the order of their matches; then, by confidence,
    rules that only fit the ticket's words and articles found by search. Beside a proven rule a search hit
    must be as sure as one that is said alone. No article comes twice, also not from two sources.
    """
    found = {hit.article_id: hit for hit in hits if _may_show(hit.audience, options)}
    matches = _leading(scan.matches)
    proven = {match.rule_id for match in matches if not _by_words(match)}
    ruled = _rule_items(matches, articles, found, options)
    floor = max(options.hold_from, options.say_from if proven else 0.0)
    taken = {item.article_id for item in ruled}
    searched = [
        _search_item(hit) for hit in found.values() if hit.article_id not in taken and hit.share >= floor
    ]
    first = [item for item in ruled if item.rule_id in proven]
    rest = [item for item in ruled if item.rule_id not in proven] + searched
    ranked = _without_twins(first + sorted(rest, key=lambda item: -item.confidence), articles)
    return Suggestion(
        suggestion_id=suggestion_id,
        desk_id=ref.desk_id,
        ticket_id=ref.ticket_id,
        items=_with_folded(ranked[: options.items_max], scan.matches),
        seen=tuple(_rule_item(match, articles, options) for match in _experimental(scan.matches)),
        files=scan.files,
        not_scanned=scan.not_scanned,
        errors=scan.errors,
        rules_hash=rules_hash,
    )


def _without_twins(items: Sequence[Item], articles: FindArticle) -> list[Item]:
    """The items without those that search found under an earlier one's title; the newer text of two stays."""
    kept: list[Item] = []
    for item in items:
        place = next((at for at, known in enumerate(kept) if _twins(known, item)), None)
        if place is None:
            kept.append(item)
        elif not kept[place].rule_id and _changed(item, articles) > _changed(kept[place], articles):
            kept[place] = replace(item, confidence=max(item.confidence, kept[place].confidence))
    return kept


def _twins(known: Item, item: Item) -> bool:
    if item.rule_id or not (known.article_id and item.article_id):
        return False
    return fuzz.ratio(known.title.casefold(), item.title.casefold()) >= _TWINS_FROM


def _changed(item: Item, articles: FindArticle) -> float:
    """When an article was changed last (seconds since 1970), 0 when that is not known."""
    found = articles(item.article_id)
    return found.updated_at.timestamp() if found and found.updated_at else 0.0


def merge(before: Suggestion, later: Suggestion, items_max: int = ITEMS_MAX) -> Suggestion:
    """What was suggested joined with what files that came later gave; id and version stay those of before.

    Answers for the same rule or article become one with the evidence of both; rules with proof come first.
    """
    items: list[Item] = []
    for item in [*before.items, *later.items]:
        place = next((at for at, known in enumerate(items) if _same(known, item)), None)
        if place is None:
            items.append(item)
        else:
            items[place] = _joined(items[place], item)
    ranked = sorted(items, key=lambda item: (not (item.rule_id and item.evidence), -item.confidence))
    seen = {item.rule_id: item for item in [*before.seen, *later.seen]}
    return replace(
        before,
        items=tuple(ranked[:items_max]),
        seen=tuple(seen.values()),
        files=before.files + later.files,
        not_scanned=before.not_scanned + later.not_scanned,
        errors=before.errors + later.errors,
        rules_hash=later.rules_hash,
    )


def _same(one: Item, other: Item) -> bool:
    if one.article_id and one.article_id == other.article_id:
        return True
    return bool(one.rule_id) and one.rule_id == other.rule_id


def _joined(one: Item, other: Item) -> Item:
    best = one if (one.confidence, bool(one.rule_id)) >= (other.confidence, bool(other.rule_id)) else other
    evidence = (one.evidence + other.evidence)[:EVIDENCE_MAX]
    folded = tuple(dict.fromkeys(one.folded + other.folded))
    return replace(best, evidence=evidence, count=one.count + other.count, folded=folded)


# --- rules --------------------------------------------------------------------------------------------


def _leading(matches: Iterable[Match]) -> list[Match]:
    """Matches that may take an answer place, those with a log line first, then by rank."""
    shown = [match for match in matches if match.status in _WITH_PROOF and match.folded_under is None]
    return sorted(shown, key=lambda match: (_by_words(match), *(-part for part in match.rank), match.rule_id))


def _experimental(matches: Iterable[Match]) -> list[Match]:
    return [match for match in matches if match.status == "experimental"]


def _by_words(match: Match) -> bool:
    """True for a rule that only fits what the customer wrote; a log pasted into the ticket is a log."""
    in_ticket = all(each.file.startswith("ticket/") for each in match.evidence)
    return in_ticket and (not match.evidence or match.rank[1] == 0)


def _rule_items(
    matches: Sequence[Match], articles: FindArticle, found: dict[str, Hit], options: AnswerOptions
) -> list[Item]:
    """One answer a match; a rule whose article another rule already brought is named with that one."""
    items: list[Item] = []
    for match in matches:
        item = _rule_item(match, articles, options)
        place = next((at for at, known in enumerate(items) if _same(known, item)), None)
        if place is not None:
            items[place] = replace(items[place], folded=(*items[place].folded, match.rule_id))
        else:
            items.append(_with_hit(item, found.get(item.article_id)))
    return items


def _rule_item(match: Match, articles: FindArticle, options: AnswerOptions) -> Item:
    article = _article_of(match, articles, options)
    sure = _BY_WORDS if _by_words(match) else _WITH_PROOF.get(match.status, _BY_WORDS)
    return Item(
        title=one_line(article.title if article else match.title),
        why=_why_rule(match) + ".",
        confidence=round(sure - (_UNVERIFIED if match.unverified else 0), 4),
        article_id=article.id if article else "",
        url=article.url if article else _first_url(match.kb),
        rule_id=match.rule_id,
        rule_status=match.status,
        severity=match.severity,
        message=match.message,
        audience=article.audience if article else "public",
        evidence=match.evidence[:EVIDENCE_MAX],
        count=match.count,
        unverified=match.unverified,
        first_at=match.first_at,
        last_at=match.last_at,
    )


def _article_of(match: Match, articles: FindArticle, options: AnswerOptions) -> Article | None:
    for key in match.kb:
        article = articles(key)
        if article is not None and _may_show(article.audience, options):
            return article
    return None


def _first_url(keys: Sequence[str]) -> str:
    return next((key for key in keys if key.startswith(("https://", "http://"))), "")


def _may_show(audience: str, options: AnswerOptions) -> bool:
    return audience == "public" or not options.public_only


def _with_folded(items: Sequence[Item], matches: Sequence[Match]) -> tuple[Item, ...]:
    """Superseded matches under the answer whose rule supersedes them, however many steps away."""
    above = {match.rule_id: match.folded_under for match in matches if match.status in _WITH_PROOF}
    under: dict[str, list[str]] = {}
    for rule_id in above:
        top, steps = rule_id, 0
        while (higher := above.get(top)) and steps < len(above):
            top, steps = higher, steps + 1
        if top != rule_id:
            under.setdefault(top, []).append(rule_id)
    return tuple(replace(item, folded=(*item.folded, *under.get(item.rule_id, ()))) for item in items)


# --- whys ---------------------------------------------------------------------------------------------


def _why_rule(match: Match) -> str:
    """`Rule x matched app.log line 812`, with what could not be checked."""
    why = f"Rule {match.rule_id} fits the words of the ticket"
    if match.evidence and not _by_words(match):
        why = f"Rule {match.rule_id} matched {_place(match.evidence[0])}"
        if match.count > 1:
            why += f" and {match.count - 1} more" + (" time" if match.count == 2 else " times")
    if match.unverified:
        why += f"; not verified: {', '.join(match.unverified)}"
    return why


def _place(evidence: Evidence) -> str:
    return f"{cut(one_line(redact(evidence.file)), 120)} line {evidence.matched_line[0]}"


def _search_item(hit: Hit) -> Item:
    shared = _shared(hit, "this article")
    return Item(
        title=one_line(hit.title),
        why=f"{shared[0].upper()}{shared[1:]}." if shared else "Found by search.",
        confidence=round(hit.share, 4),
        article_id=hit.article_id,
        url=hit.url,
        audience=hit.audience,
    )


def _with_hit(item: Item, hit: Hit | None) -> Item:
    """The rule's answer when search found the same article: its why names both."""
    if hit is None:
        return item
    words = _shared(hit, "its article") or "search found it too"
    return replace(
        item, why=f"{item.why[:-1]}, and {words}.", confidence=max(item.confidence, round(hit.share, 4))
    )


def _shared(hit: Hit, article: str) -> str:
    """Who shares which words with an article, three words in all: the ticket's first, '' for none.

    What stands nowhere, a synonym or a near spelling, is not named.
    """
    told: list[str] = []
    left = _WORDS_SHOWN
    for who, origins in _SHARERS:
        words = _words(hit, origins)[:left]
        left -= len(words)
        if words:
            named = f"the word{'s' if len(words) > 1 else ''} {', '.join(words)}"
            told.append(f"{who} {named}" if told else f"{who} shares {named} with {article}")
    return ", ".join(told)


def _words(hit: Hit, origins: frozenset[str]) -> list[str]:
    """The matched words that stand there, each once: codes and class names bare, prose in quotes."""
    words: dict[str, str] = {}
    for term, origin, field in hit.matched:
        if origin not in origins or (field == "exact" and RUN in term):
            continue
        shown = cut(one_line(redact(term)), 40)
        bare = field == "exact" or origin in _BARE
        words.setdefault(shown.casefold(), shown.replace(":", " ") if bare else f"'{shown}'")
    return list(words.values())
