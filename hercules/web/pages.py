"""How pages are rendered: one template environment with escaping on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from hercules.house import House
from hercules.rulebook import errors_of
from hercules.web.auth import Caller, Gatekeeper

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence at the top of a page; `lines` are details such as file:line."""

    tone: str
    text: str
    lines: tuple[str, ...] = ()


class Pages:
    """Renders templates with what every page needs."""

    def __init__(self, house: House, keeper: Gatekeeper) -> None:
        self._house = house
        self._keeper = keeper
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def show(
        self,
        name: str,
        caller: Caller | None,
        values: Mapping[str, object],
        *,
        here: str = "",
        status: int = 200,
    ) -> Response:
        """A page."""
        text = self._templates.get_template(name).render(
            root="",
            here=here,
            person=caller,
            csrf=lambda purpose: self._keeper.form_token(caller, purpose) if caller else "",
            notices=self.notices() if caller else (),
            **values,
        )
        return HTMLResponse(text, status)

    def told(self, caller: Caller | None, title: str, text: str, status: int, back: str = "") -> Response:
        """A page that says one thing."""
        tone = "good" if status < 400 else "bad"
        values = {"title": title, "text": text, "tone": tone, "back": back}
        return self.show("told.html", caller, values, status=status)

    def notices(self) -> Sequence[Notice]:
        """What everybody who is logged in should know."""
        found = []
        errors = errors_of(self._house.rulesets.now.refusals)
        if errors:
            lines = tuple(str(error) for error in errors[:10])
            told = f"{len(errors)} errors in rule files; these rules are out or run in their last good form."
            found.append(Notice("bad", told, lines))
        if self._house.db.trouble():
            found.append(
                Notice("bad", f"The database does not take anything now: {self._house.db.trouble()}")
            )
        demo = sorted(name for name, desk in self._house.desk_settings.items() if desk.demo)
        if demo:
            found.append(Notice("warn", f"Demo data: desk {', '.join(demo)}."))
        return found
