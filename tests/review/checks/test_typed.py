"""Email domain, hidden characters and remarks: when they pass, warn and fail."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.review.checks import addresses, texts, wishes
from backoffice.review.checks.facts import Outcome
from tests.review.checks.cases import facts, header

NONE_KNOWN: frozenset[str] = frozenset()
EMAIL: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "used before": {},
        "a colleague's domain": {"email": "new.person@lumen.example"},
        "in capitals": {"email": "AP@LUMEN.EXAMPLE"},
        "copies to the same": {"copies": ("boss@lumen.example", "x@lumen.example")},
        "one of two known domains": {
            "email": "a@other.example", "addresses_known": frozenset({"a@lumen.example", "b@other.example"}),
        },
        "a provider that was used before": {"email": "a@qq.com", "addresses_known": frozenset({"b@qq.com"})},
    },
    "warn": {
        "another company": {"email": "ap@northwind.example"},
        "a provider": {"email": "someone@gmail.com"},
        "a provider two letters beside another": {"email": "someone@126.com"},
        "a copy elsewhere": {"copies": ("boss@northwind.example",)},
        "nothing is known": {"addresses_known": NONE_KNOWN},
        "a subdomain": {"email": "ap@mail.lumen.example"},
    },
    "fail": {
        "a letter is missing": {"email": "ap@lumn.example"},
        "a letter too much": {"email": "ap@lumeen.example"},
        "another letter": {"email": "ap@lumem.example"},
        "two letters swapped": {"email": "ap@lmuen.example"},
        "beside a provider": {"email": "someone@gmial.com"},
        "beside a provider's ending": {"email": "someone@163.con"},
        "a copy": {"copies": ("boss@1umen.example",)},
        "nothing is known, beside a provider": {"email": "someone@outlok.com", "addresses_known": NONE_KNOWN},
    },
}  # fmt: skip
CHARACTERS: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "plain Chinese": {},
        "Polish letters": {"header": header(name="Łukasz Żółć Sp. z o.o.")},
        "full-width brackets": {"header": header(name="云栖数据研究院（筹）")},
        "Cyrillic throughout": {"header": header(name="ООО Ромашка")},
        "Greek throughout": {"header": header(name="Αθήνα Εμπορική")},
        "Chinese and Latin side by side": {"remarks": "API调用费 PO 4500"},
        "lines of remarks": {"remarks": "PO 4500\n第三季度"},
    },
    "warn": {
        "a wide space": {"header": header(name="上海\u3000流明".replace("\u3000", "\u2003"))},
        "a space that does not break": {"remarks": "PO\u00a04500"},
        "full-width figures": {"remarks": "合同 ２０２６"},
        "full-width letters in the name": {"header": header(name="ＬＵＭＥＮ有限公司")},
        "two spaces": {"header": header(name="Lumen  Robotics")},
        "a space at the end": {"remarks": "PO 4500 "},
    },
    "fail": {
        "no width": {"header": header(name="上海流明\u200b机器人")},
        "right to left": {"remarks": "PO \u202e0054"},
        "a control character": {"remarks": "PO\x074500"},
        "a Cyrillic a": {"header": header(name="Lumen Roboticѕ Ltd")},
        "a Cyrillic o in the address": {"email": "ap@lumen.exаmple"},
        "a Greek capital": {"header": header(name="Lumen ΑG Αcme")},
        "a blank letter": {"header": header(name="上海\u3164流明")},
        "a soft hyphen": {"remarks": "HT\u00ad2026"},
        "a sign for what could not be read": {"remarks": "合同\ufffd"},
    },
}
REMARKS: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "none": {},
        "an order": {"remarks": "PO 4500012873"},
        "a contract": {"remarks": "合同号 HT-2026-118"},
        "a contract to be noted, which the invoice does": {"remarks": "请在备注栏注明合同号 HT-2026-118"},
        "what it is for": {"remarks": "第三季度推理服务费"},
        "a cost centre": {"remarks": "Cost centre 7120"},
        "thanks": {"remarks": "Thank you"},
    },
    "warn": {
        "split, in Chinese": {"remarks": "请分开开票"},
        "split, in English": {"remarks": "Please split this into two"},
        "quick, in Chinese": {"remarks": "加急，谢谢"},
        "quick, in English": {"remarks": "URGENT, we close our books"},
        "noted, without a number": {"remarks": "请在备注栏注明项目"},
        "noted, in English": {"remarks": "Please mention our department"},
        "on paper": {"remarks": "需要纸质发票，请邮寄"},
        "a call": {"remarks": "开票前请联系我"},
        "an order, and quick": {"remarks": "PO 4500012873, asap"},
    },
    "fail": {
        "another buyer, in Chinese": {"remarks": "抬头请改为北京先行科技有限公司"},
        "another buyer, in English": {"remarks": "Please use a different company"},
        "on behalf": {"remarks": "代开给子公司"},
        "other goods, in Chinese": {"remarks": "请开成办公用品"},
        "other goods, in English": {"remarks": "please issue as consulting"},
        "an earlier date": {"remarks": "请开到上个月"},
        "more": {"remarks": "能否多开一点"},
        "back-dated": {"remarks": "Please backdate to June"},
    },
}
ALL = {"email": (addresses, EMAIL), "characters": (texts, CHARACTERS), "remarks": (wishes, REMARKS)}


@pytest.mark.parametrize(
    ("check", "outcome", "changes"),
    [
        pytest.param(check, outcome, changes, id=f"{check}-{outcome}-{name}")
        for check, (_, outcomes) in ALL.items()
        for outcome, cases in outcomes.items()
        for name, changes in cases.items()
    ],
)
def test_what_is_found(check: str, outcome: str, changes: dict[str, Any]) -> None:
    found = getattr(ALL[check][0], check)(facts(**changes))
    assert (found.code, found.outcome) == (check, Outcome(outcome)), (str(found.message), found.data)
    assert str(found.message)
