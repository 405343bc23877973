"""The page of reports: the same tables that command line, JSON and CSV show."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from hercules import views
from hercules.model import Cell, Column, Table
from hercules.reports.table import cell_text
from hercules.web.api import house_of
from hercules.web.auth import PageCaller

router = APIRouter(include_in_schema=False)


@router.get("/reports")
def show(request: Request, caller: PageCaller, desk: str = "", period: str = "") -> Response:
    """All reports of one desk and period."""
    house = house_of(request)
    desks = sorted(house.desks)
    chosen = desk if desk in house.desks else views.busiest_desk(house)
    made = views.reports(house, chosen, period) if chosen else {}
    shown = next((table.period.label for table in made.values()), period)
    values = {
        "tables": [_plain(name, table) for name, table in made.items()],
        "desks": desks,
        "chosen": chosen,
        "period": shown,
    }
    page: Response = request.app.state.pages.show("reports.html", caller, values, here="reports")
    return page


def _plain(key: str, table: Table) -> dict[str, object]:
    """A table as the template needs it."""
    return {
        "key": key,
        "title": table.title,
        "headline": table.headline,
        "desks": ", ".join(table.desk_ids),
        "period": table.period.label,
        "as_of": table.as_of.strftime("%Y-%m-%d %H:%M UTC"),
        "columns": [{"name": column.name, "number": column.kind != "text"} for column in table.columns],
        "rows": [
            [_cell(column, cell) for column, cell in zip(table.columns, row, strict=True)]
            for row in table.rows
        ],
        "notes": table.notes,
    }


def _cell(column: Column, cell: Cell) -> dict[str, object]:
    return {"text": cell_text(cell, column.kind), "number": column.kind != "text"}
