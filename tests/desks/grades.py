"""The README's table of what each kind of desk can do, made from their grades.

`python -m tests.desks.grades` writes it into the README.
"""

from __future__ import annotations

from pathlib import Path

from hercules.wiring import DESKS

README = Path(__file__).parent.parent.parent / "README.md"
BEGIN, END = "<!-- grades: begin, made by python -m tests.desks.grades -->", "<!-- grades: end -->"
HEAD = (
    "desk kind",
    "verified",
    "fetches attachments",
    "posts notes and replies",
    "sees close and reopen",
    "sees rating",
    "proved against",
)
WORDS = {"yes": "yes", "part": "in part", "no": "no"}


def table() -> str:
    """The table in Markdown, a row for each kind, the generic one first."""
    rows = [HEAD, ("---",) * len(HEAD)]
    for name, kind in sorted(DESKS.items(), key=lambda item: (item[0] != "generic", item[0])):
        grade = kind.grade
        marks = (grade.verified, grade.fetches, grade.posts, grade.sees_close, grade.sees_rating)
        shown = f"[`{name}`]({kind.setup.docs})" if kind.setup.docs else f"`{name}`"
        rows.append((shown, *(WORDS[mark] for mark in marks), grade.proved_against))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def in_readme() -> tuple[str, str, str]:
    """The README up to the table, the table, and what comes after. Raises ValueError without its marks."""
    before, begin, rest = README.read_text(encoding="utf-8").partition(f"{BEGIN}\n")
    shown, end, after = rest.partition(f"\n{END}")
    if not begin or not end:
        raise ValueError(f"the README has no {BEGIN} and {END}")
    return before + begin, shown, end + after


def main() -> None:
    """Write the table into the README."""
    before, _, after = in_readme()
    README.write_text(before + table() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
