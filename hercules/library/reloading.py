"""The reload of rules while the service runs."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from hercules.house import House
from hercules.rulebook import Failed, errors_of, failed_samples, gated, load_rulebook, stamp_of
from hercules.rules.nouns import Rule

log = structlog.get_logger("hercules.library")


def reload_rules(house: House) -> bool:
    """Look at the rules folder; when it changed, compile and test it aside, then swap. True when swapped.

    A file with an error, or a changed rule that fails its own samples, keeps its last good rules; what is
    wrong is shown on the page with file and line.
    """
    roots = (house.folders.rules,)
    before = house.rulesets.book
    if stamp_of(roots, before.watched) == before.stamp:
        return False
    limits, now = house.settings.limits(), house.clock()

    def check(rules: Sequence[Rule]) -> Failed:
        return failed_samples(rules, before, (house.folders.samples, *roots), limits, now)

    fresh = gated(load_rulebook(roots, house.settings.rules, before, check), limits, now)
    house.rulesets.swap(fresh)
    errors = errors_of(fresh.ruleset.refusals)
    house.metrics.rules_refused.set(len({error.file for error in errors}))
    log.info("rules reloaded", rules=len(fresh.ruleset.rules), errors=len(errors))
    return True
