"""A table as text, JSON and CSV; every number with its interval, its n or the reason why there is none."""

from __future__ import annotations

import json
import math
import unicodedata

from hercules.model import Cell, ColumnKind, Table
from hercules.text import whole

REASONS = {
    "count_only": "a count, no share",
    "no_tickets": "no mature tickets",
    "no_eligible": "nothing was sure enough to say",
    "no_posts": "nothing was posted",
    "no_votes": "nobody voted",
    "no_approvals": "nothing was reviewed",
    "no_labels": "nothing was judged",
    "no_actives": "nobody told how many customers were active",
    "only_parts": "active ones were told for parts of the customers only, not for the segment all",
    "zero_actives": "the number of active customers is 0",
    "unit_mismatch": "active ones are counted in another unit than askers",
    "stale_actives": "the number of active customers is older than the period",
    "actives_below_askers": "more customers asked than were active",
    "no_year_before": "there is nothing to compare with a year before",
    "zero_askers": "nobody asked in one of the periods",
    "rule_gone": "no rule of that name is loaded",
    "not_finite": "the number is not finite",
}
_STARTS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_SKIPPED = frozenset("\ufeff\u200b\u200c\u200d\u2060\"'")


# --- text ---------------------------------------------------------------------------------------------


def cell_text(cell: Cell, kind: ColumnKind) -> str:
    """A cell as people read it, such as `12.3% (9.8-15.3), n = 642`; `3 of 4` for a share of fewer than ten.

    Source: the reports' common form; a refused number is a dash with its reason.
    """
    if cell.value is None:
        return f"\u2013 ({REASONS.get(cell.reason or '', cell.reason or 'unknown')})"
    if isinstance(cell.value, str):
        return cell.value
    return _number_text(cell, float(cell.value), kind)


def _number_text(cell: Cell, value: float, kind: ColumnKind) -> str:
    """A number by its kind. Source: cell_text."""
    if kind == "count":
        return f"{value:,.0f}"
    if kind == "share" and cell.n is not None and cell.n < 10:
        return f"{round(value * cell.n)} of {cell.n}"
    if kind == "duration":
        return _duration_text(value)
    scale, digits, unit = {"share": (100, 1, "%"), "points": (100, 1, " points")}.get(kind, (1, 2, ""))
    sign = "+" if kind == "points" else ""
    shown = f"{value * scale:{sign}.{digits}f}{unit}"
    if cell.low is not None and cell.high is not None:
        between = "-" if cell.low >= 0 else " to "
        shown += f" ({cell.low * scale:.{digits}f}{between}{cell.high * scale:.{digits}f})"
    return shown + (f", n = {cell.n:,}" if cell.n is not None else "")


def _duration_text(value_s: float) -> str:
    """Seconds in the greatest fitting unit. Source: 60 s, 3,600 s, 86,400 s."""
    for unit_s, name in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if value_s >= unit_s:
            return f"{value_s / unit_s:.1f} {name}"
    return f"{value_s:.0f} s"


# --- JSON ---------------------------------------------------------------------------------------------


def to_json(table: Table) -> str:
    """The table as JSON: raw floats at full precision, no NaN; the same table gives the same bytes.

    Source: RFC 8259; each cell is value, low, high, n and reason under its column's name.
    """
    names = [column.name for column in table.columns]
    plain = {
        "name": table.name,
        "title": table.title,
        "headline": table.headline,
        "desk_ids": list(table.desk_ids),
        "period": {
            "label": table.period.label,
            "start": table.period.start.isoformat(),
            "end": table.period.end.isoformat(),
        },
        "as_of": table.as_of.isoformat(),
        "columns": [{"name": column.name, "kind": column.kind} for column in table.columns],
        "rows": [dict(zip(names, map(_plain, row), strict=True)) for row in table.rows],
        "notes": list(table.notes),
        "version": table.version,
    }
    return whole(json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1)) + "\n"


def _plain(cell: Cell) -> dict[str, float | int | str | None]:
    """A cell as JSON values. Source: to_json."""
    value, reason = cell.value, cell.reason
    if isinstance(value, float) and not math.isfinite(value):
        value, reason = None, reason or "not_finite"
    return {"value": value, "low": _end(cell.low), "high": _end(cell.high), "n": cell.n, "reason": reason}


def _end(value: float | None) -> float | None:
    """An interval's end; an open one is none. Source: JSON knows no infinity."""
    return value if value is not None and math.isfinite(value) else None


# --- CSV ----------------------------------------------------------------------------------------------


def to_csv(table: Table) -> str:
    """The table as CSV: five columns for each of ours (value, low, high, n, reason), text always quoted.

    Source: RFC 4180, CRLF; text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    names = [column.name for column in table.columns]
    head = [_quoted(f"{name}{tail}") for name in names for tail in ("", "_low", "_high", "_n", "_reason")]
    lines = [head, *([field for cell in row for field in _fields(cell)] for row in table.rows)]
    return "".join(",".join(line) + "\r\n" for line in lines)


def _fields(cell: Cell) -> list[str]:
    """The five fields of a cell. Source: to_csv."""
    plain = _plain(cell)
    return [_field(plain[name]) for name in ("value", "low", "high", "n", "reason")]


def _field(value: float | int | str | None) -> str:
    """One field: numbers bare, text quoted, nothing empty. Source: RFC 4180."""
    if value is None:
        return ""
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Text quoted and harmless. Source: RFC 4180, section 2, rule 7."""
    return '"' + harmless(whole(text)).replace('"', '""') + '"'


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    Source: OWASP, CSV injection: = + - @, TAB, CR and LF at the start, also behind spaces and invisibles.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return "'" + text
    first = next((char for char in text if not _is_skipped(char)), "")
    return "'" + text if first in _STARTS else text


def _is_skipped(char: str) -> bool:
    """True for what a spreadsheet may pass over. Source: white space, marks of format, quotes."""
    return char in _SKIPPED or char.isspace() or unicodedata.category(char) in ("Cf", "Cc")
