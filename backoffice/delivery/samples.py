"""Believable values for every mail, so that it can be looked at before there is anything to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.errors import N_

_NAMES = {
    "en": ("Lumen Robotics Ltd.", "Northwind Trading Ltd."),
    "zh": ("上海流明机器人有限公司", "杭州云栖数据服务有限公司"),
}
_PEOPLE = {"en": "Ada Lin", "zh": "林艾达"}
_REMARKS = {
    "en": "The tax ID on the licence ends in 7, on the header in 1.\nPlease correct the header and apply again.",
    "zh": "营业执照上的税号以 7 结尾，抬头里是 1。\n请更正抬头后重新申请。",
}
_QUESTIONS = {
    "en": "Which contract do these recharges belong to?\nPlease attach its first page.",
    "zh": "这些充值属于哪份合同？\n请附上合同首页。",
}


def context(locale: str) -> dict[str, Any]:
    """Values for every mail at once, in the language of the mail; a mail takes those it knows."""
    first, second = _NAMES[locale]
    overdue = (("IR-20260306-481516", first, "1,409.50"), ("IR-20260309-234210", second, "86,000.00"))
    return {
        "person": _PEOPLE[locale],
        "request_number": "IR-20260306-481516",
        "invoice_number": "INV-2026-000042",
        "credit_note_number": "CN-2026-000007",
        "left": "1,000.00",
        "header_name": first,
        "amount": "1,409.50",
        "due_on": "2026-03-13",
        "issued_on": "2026-03-10",
        "reason": N_("The tax ID does not match the name"),
        "further_reasons": [N_("Address or bank details are incomplete")],
        "fields": [N_("Tax ID"), N_("Address")],
        "remarks": _REMARKS[locale],
        "question": _QUESTIONS[locale],
        "percent": 50,
        "since": "2026-03-02",
        "until": "2026-03-08",
        "weeks": [
            {"on_time": 0.9375, "met": 15, "due": 16, "received": 21, "out": 18, "open": 12, "median": 1.4, "p90": 3.8},
            {"on_time": None, "met": 3, "due": 4, "received": 6, "out": 5, "open": 9, "median": 1.9, "p90": 4.6},
        ],
        "overdue": [2, 1],
        "missing": [3, None],
        "unassigned": True,
        "seal": 4212,
        "event": 86003,
        "head": "5f1d7a84be2f49c09b0a6d1c3e7f2a58c4d90b6e1f3a7c25d8e4b09a6c13f7e2",
        "head_on": "2026-03-08",
        "requests": [
            {"request_number": number, "header_name": name, "amount": amount, "due_on": "2026-03-13"}
            for number, name, amount in overdue
        ],
    }


def with_link(values: Mapping[str, Any], external_url: str) -> dict[str, Any]:
    """The values of a mail that brings a document, with a link that leads to none."""
    return {**values, "download_url": f"{external_url}/documents/sample", "download_until": "2026-03-24"}
