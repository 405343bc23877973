"""The reload of rules while the service runs."""

from __future__ import annotations

import structlog

from hercules.house import House
from hercules.rulebook import errors_of, gated, load_rulebook, stamp_of

log = structlog.get_logger("hercules.library")


def reload_rules(house: House) -> bool:
    """Look at the rules folder; when it changed, compile it aside and swap it in. True when it was swapped.

    A file with an error keeps its last good rules; what is wrong is shown on the page with file and line.
    """
    roots = (house.folders.rules,)
    before = house.rulesets.book
    if stamp_of(roots) == before.stamp:
        return False
    loaded = load_rulebook(roots, house.settings.rules, before)
    fresh = gated(loaded, house.settings.limits(), house.clock())
    house.rulesets.swap(fresh)
    errors = errors_of(fresh.ruleset.refusals)
    house.metrics.rules_refused.set(len({error.file for error in errors}))
    log.info("rules reloaded", rules=len(fresh.ruleset.rules), errors=len(errors))
    return True
