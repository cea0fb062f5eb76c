"""« Règlements par mois »: what was paid, as a figure and in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from starlette.responses import Response

from gateway.api.transfer_months import (
    FIRST,
    LAST,
    TransferMonthShown,
    TransferMonthsParams,
    read_transfer_months,
)
from gateway.portal.figures import Bars, bars_of
from gateway.portal.formats import euros, month
from gateway.portal.forms import Form, checked
from gateway.portal.listing import establishment_choices, link, placed
from gateway.portal.pages import page_router
from gateway.portal.visit import Visit, Visiting
from ledger.kit.clock import paris_day

router: Final = page_router()
_FIELDS: Final = ("establishment_id",)
_YEAR: Final = 12


@dataclass(frozen=True)
class Paid:
    """Months added up: gross cents over `count` transfers."""

    paid_cents: int
    count: int


@router.get("/reglements/par-mois", name="show_months")
async def show_months(visit: Visiting) -> Response:
    """Twenty-four months, each of them: the bars, the table and the sum are of the same numbers."""
    form = visit.query()
    asked = checked(TransferMonthsParams, form)
    if isinstance(asked, Form):
        return await _page(visit, placed(asked, _FIELDS), [], status=422)
    found = (await read_transfer_months(visit.call, asked)).shown.items
    return await _page(visit, form, found)


async def year_of(visit: Visit) -> Paid:
    """What the last twelve months add up to."""
    return added((await read_transfer_months(visit.call, TransferMonthsParams(months=_YEAR))).shown.items)


def added(months: Sequence[TransferMonthShown]) -> Paid:
    return Paid(sum(each.paid_cents for each in months), sum(each.count for each in months))


def drawn(months: Sequence[TransferMonthShown]) -> Bars:
    """A bar for each month."""
    return bars_of([(month(each.month), each.paid_cents, _said(each)) for each in months])


def _said(each: TransferMonthShown) -> str:
    return f"{month(each.month)} : {euros(each.paid_cents)}"


async def _page(visit: Visit, form: Form, months: Sequence[TransferMonthShown], *, status: int = 200) -> Response:
    return visit.page(
        "transfer/months.html",
        status=status,
        form=form,
        months=months,
        total=added(months),
        figure=drawn(months),
        establishments=await establishment_choices(visit),
        earlier=_beside(visit, form, months, later=False),
        later=_beside(visit, form, months, later=True),
    )


def _beside(visit: Visit, form: Form, months: Sequence[TransferMonthShown], *, later: bool) -> str | None:
    """The address of the months before or after these; None where there are none: nothing is paid in days to come."""
    if not months:
        return None
    today = paris_day(visit.caller.at)
    if later and months[-1].month >= today.replace(day=1):
        return None
    until = min(_moved(months[-1].month, len(months)), today) if later else months[0].month - timedelta(days=1)
    if not FIRST <= until <= LAST:
        return None
    asked = {name: text for name, text in form.fields.items() if name != "until"}
    return link(visit.path("show_months"), {**asked, "until": until.isoformat()})


def _moved(first: date, number: int) -> date:
    """The first day of the month that is so many months later."""
    counted = first.year * _YEAR + first.month - 1 + number
    return date(counted // _YEAR, counted % _YEAR + 1, 1)
