"""The request that the evidence is about, as parameters of its statements.

They are long: to build one anew for each request takes longer than the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_UP
from typing import Any

from sqlalchemy import Date, String, bindparam

from backoffice import clock
from backoffice.database import Amount, Id, Instant
from backoffice.money import CENT
from backoffice.requests.models import InvoiceRequest
from backoffice.review.checks.earlier import DUPLICATE_DAYS, NEARLY, slips

# What stands for the request, and for the moment whose knowledge counts.
REQUEST: Any = bindparam("request_id", type_=Id)
ACCOUNT: Any = bindparam("account_id", type_=Id)
SUBMITTED: Any = bindparam("submitted_at", type_=Instant())
AMOUNT: Any = bindparam("amount", type_=Amount())
HEADER: Any = bindparam("header_id", type_=Id)
HEADER_NAME: Any = bindparam("header_name", type_=String())
AT: Any = bindparam("at", type_=Instant())
ON: Any = bindparam("on", type_=Date())
# The weeks around it, and what is about its amount: between two others, or made of it by a slip.
SINCE: Any = bindparam("since", type_=Instant())
UNTIL: Any = bindparam("until", type_=Instant())
LEAST: Any = bindparam("least", type_=Amount())
MOST: Any = bindparam("most", type_=Amount())
SLIPS: Any = bindparam("slips", type_=Amount(), expanding=True)

_REACH = timedelta(days=DUPLICATE_DAYS + 1)  # a day more than the check, which counts local days


def figures(number: int) -> list[Any]:
    """What stands for so many texts that remarks may hold."""
    return [bindparam(_figure(place), type_=String()) for place in range(number)]


def values_of(shown: InvoiceRequest, at: datetime, texts: Sequence[str] = ()) -> dict[str, Any]:
    """What is given for all of them; `texts` for those of `figures`."""
    span = (shown.amount / (1 - NEARLY) * NEARLY).quantize(CENT, ROUND_UP)  # of the greater one of two
    return {
        "request_id": shown.id,
        "account_id": shown.account_id,
        "submitted_at": shown.submitted_at,
        "amount": shown.amount,
        "header_id": shown.header_id,
        "header_name": shown.header_name,
        "at": at,
        "on": clock.local_date(at, clock.zone()),
        "since": shown.submitted_at - _REACH,
        "until": shown.submitted_at + _REACH,
        "least": shown.amount - span,
        "most": shown.amount + span,
        "slips": sorted(slips(shown.amount)),
        **{_figure(place): text for place, text in enumerate(texts)},
    }


def _figure(place: int) -> str:
    return f"figure_{place}"
