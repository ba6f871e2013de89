"""The sessions table: AG Grid with the infinite row model, its columns, and all that its cells need to know.

Rows never pass through here: ``assets/session_grid.js`` fetches them from ``GET /api/sessions``. Every key of the
options is written in this file; AG Grid executes keys that begin with a colon, so no key may come from outside.
"""

from collections.abc import Iterable
from typing import Any

from nicegui import ui

from data.filters import NOWHERE, SessionFilter, Sort
from data.levels import RiskLevel
from data.list_place import ListPlace
from data.money import exponent
from data.status import Status
from ui.badge import RISK_LOOKS, STATUS_LOOKS, Look, risk_label, status_label
from ui.language import Language

BLOCK = 100
"""Rows of one request."""


def session_grid(
    wanted: SessionFilter, place: ListPlace, language: Language, *, currencies: Iterable[str], assets: str
) -> ui.aggrid:
    """Render the table. ``assets`` is the address of the static files; ``currencies`` those that may appear."""
    options: dict[str, Any] = {
        "rowModelType": "infinite",
        ":getRowId": "(p) => p.data.id",
        ":onGridReady": "(p) => cartwatch.grid.attach(p.api)",
        "cacheBlockSize": BLOCK,
        "maxBlocksInCache": 50,
        "cacheOverflowSize": 1,
        "maxConcurrentDatasourceRequests": 2,
        "infiniteInitialRowCount": place.row + BLOCK if place.row else 1,
        "blockLoadDebounceMillis": 10,
        "rowHeight": 44,
        "headerHeight": 36,
        "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        "suppressCellFocus": False,
        "suppressDragLeaveHidesColumns": True,
        "suppressMultiSort": True,
        "animateRows": False,
        "ensureDomOrder": True,  # a screen reader hears rows and cells in the order in which they are seen
        "enableBrowserTooltips": True,
        "defaultColDef": {
            "sortable": False,
            "resizable": True,
            "suppressMovable": True,
            "suppressHeaderMenuButton": True,
        },
        "columnDefs": _columns(language),
        "context": _context(wanted, place, language, currencies, assets),
        "localeText": _grid_texts(language),
    }
    return ui.aggrid(options, theme="quartz", auto_size_columns=False).classes("cw-grid")


def _columns(language: Language) -> list[dict[str, Any]]:
    newest_first, soonest_first = ["desc", "asc"], ["asc", "desc"]
    figures = {"headerClass": "cw-right", "cellClass": "cw-right"}
    return [
        {
            "colId": "session",
            "headerName": language.text("SESSION"),
            ":cellRenderer": "cartwatch.cells.sessionCell",
            ":valueGetter": "({data}) => data && data.cart_token + data.device + data.country",
            "flex": 3,
            "minWidth": 175,
        },
        {
            "colId": "value",
            "headerName": language.text("CART"),
            ":cellRenderer": "cartwatch.cells.cartCell",
            ":valueGetter": "({data}) => data && data.value + data.currency + data.item_count",
            "sortable": True,
            "sortingOrder": newest_first,
            "flex": 2,
            "minWidth": 140,
            **figures,
        },
        {
            "colId": "status",
            "headerName": language.text("STATUS"),
            ":cellRenderer": "cartwatch.cells.statusCell",
            ":valueGetter": "({data}) => data && cartwatch.cells.shownStatus(data)",
            "flex": 2,
            "minWidth": 112,
        },
        {
            "colId": "score",
            "headerName": language.text("RISK"),
            ":cellRenderer": "cartwatch.cells.riskCell",
            ":valueGetter": "({data}) => data && data.risk_level + data.risk_score",
            "sortable": True,
            "sortingOrder": newest_first,
            "flex": 2,
            "minWidth": 140,
        },
        {
            "colId": "started",
            "headerName": language.text("STARTED"),
            ":cellRenderer": "cartwatch.cells.startedCell",
            ":valueGetter": "({data}) => data && data.started_at",
            "sortable": True,
            "sortingOrder": newest_first,
            "flex": 1,
            "minWidth": 104,
        },
        {
            "colId": "left",
            "headerName": language.text("TIME LEFT"),
            ":cellRenderer": "cartwatch.cells.leftCell",
            ":valueGetter": "({data}) => data && [data.status, data.expires_at].join()",
            "sortable": True,
            "sortingOrder": soonest_first,
            "flex": 1,
            "minWidth": 104,
            **figures,
        },
        {
            "colId": "view",
            "headerName": language.text("Actions"),
            "headerClass": "cw-hidden-header",
            ":cellRenderer": "cartwatch.cells.viewCell",
            ":valueGetter": "({data}) => data && data.cart_token",
            "width": 84,
            "resizable": False,
            "cellClass": "cw-right",
        },
    ]


def _context(
    wanted: SessionFilter, place: ListPlace, language: Language, currencies: Iterable[str], assets: str
) -> dict[str, Any]:
    return {
        "query": wanted.to_query(),
        "place": {"row": place.row, "until": str(place.until) if place.until else None},
        "defaultSort": Sort.NEWEST.value,
        "locale": language.tag,
        "assets": assets,
        "countries": language.countries(),
        "exponents": {currency: exponent(currency) for currency in currencies},
        "statuses": {s.value: _look(STATUS_LOOKS[s], status_label(s, language)) for s in Status},
        "levels": {r.value: _look(RISK_LOOKS[r], risk_label(r, language)) for r in RiskLevel},
        "devices": device_labels(language),
        "nowhere": NOWHERE,
        "items": language.plural_forms("{n} item", "{n} items"),
        "labels": _labels(language),
    }


def _look(look: Look, label: str) -> dict[str, str | None]:
    return {"tone": look.tone, "icon": look.icon, "label": label}


def device_labels(language: Language) -> dict[str, str]:
    """The words for kinds of devices, by their stored name."""
    return {
        "desktop": language.text("Desktop"),
        "mobile": language.text("Mobile"),
        "tablet": language.text("Tablet"),
        "bot": language.text("Bot"),
        "unknown": language.text("Unknown device"),
    }


def _labels(language: Language) -> dict[str, Any]:
    return {
        "view": language.text("View"),
        "unknown": language.text("Unknown"),
        "unknownCountry": language.text("Unknown country"),
        "only": language.text("Only {value}"),
        "not": language.text("Not {value}"),
        "menu": language.text("Filter by this cell"),
        "pause": language.text("Pause"),
        "resume": language.text("Resume"),
        "live": language.text("Live · updated {ago}"),
        "paused": language.text("Paused · updated {ago}"),
        "offline": language.text("Connection lost · updated {ago}"),
        "secondsAgo": language.text("{n} s ago"),
        "newCount": language.text("{n} new"),
        "totalCount": language.plural_forms("{n} total session", "{n} total sessions"),
        "filteredCount": language.plural_forms("{matching} of {n} session", "{matching} of {n} sessions"),
        "unreachable": language.text("The server cannot be reached."),
    }


def _grid_texts(language: Language) -> dict[str, str]:
    return {
        "loadingOoo": language.text("Loading…"),
        "loadingError": language.text("Could not be loaded"),
        "noRowsToShow": language.text("No sessions"),
        "ariaRowSelect": language.text("Press Space to select this row"),
        "ariaRowDeselect": language.text("Press Space to deselect this row"),
        "ariaSortableColumn": language.text("Press Enter to sort"),
    }
