"""Payer, tax ID and header: when they pass, warn and fail."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from backoffice.review.checks import buyer, names
from backoffice.review.checks.facts import LastInvoice, Outcome, Paid
from tests.review.checks.cases import COMPANY, facts, former, header, last, paid

ENGLISH = header(name="Lumen Robotics Ltd.", country="GB")
PERSON = header(kind="personal", name="王小明", tax_id="")


def last_of_another(**changes: str) -> LastInvoice:
    """The last invoice to the same name, made out with another header."""
    return replace(last(**changes), own=False)


VALID, OTHER = "91310000MA1FL0A277", "91440300MA5DA0X7X5"
WRONG_DIGIT, LEGACY = "91310000MA1FL0A278", "120116000012345"

SIMILAR: dict[str, dict[str, Any]] = {
    f"{payer} for {name}": {"header": header(name=name), "parts": (paid(payer, "50000.00"),)}
    for payer, name in (
        ("华为技术有限公司", "华为技术服务有限公司"), ("中国石油", "中国石油大学"),
        ("Siemens", "Siemens Healthineers Ltd"),
        ("北京字节跳动科技有限公司", "字节跳动"), ("万科企业股份有限公司", "万科物业发展股份有限公司"),
        ("上海流明机器人有限公司", "上海流明机器人有限公司深圳分公司"), ("Foods Ltd", "AB Foods Ltd"),
        ("A.S. Watson Ltd", "Watson Ltd"), ("华为技术（深圳）有限公司", "华为技术有限公司"),
        ("Nova Robotics Ltd", "Nova Robotics GmbH"), ("Nova GmbH", "Nova GmbH & Co. KG"), ("Nova AG", "Nova Sdn Bhd"),
        ("Nova SE", "Nova S.A."), ("Nova Pvt. Ltd.", "Nova Pte. Ltd."),
        ("MS Trading Ltd", "M&S Trading Ltd"), ("Nova Inc", "Nova Corporation"), ("Nova Pte. Ltd.", "Nova Ltd"),
        ("深圳流明机器人股份有限公司", "深圳流明机器人有限公司"), ("上海智能研究院有限公司", "上海智能研究院"),
        ("Nova AG", "Nova"), ("Re-Act GmbH", "React GmbH"), ("Weiß GmbH", "Weiss GmbH"), ("流明", "流明有限公司"),
    )
}  # fmt: skip
PAYER: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "the same name": {},
        "the money went back, and from whom it came is not known": {"parts": (), "holds_money": False},
        "no payer is known": {"parts": (paid(""),)},
        "without the legal form": {"parts": (paid("上海流明机器人"),)},
        "full width and spaces": {"header": ENGLISH, "parts": (paid("ＬＵＭＥＮ　Robotics，LTD"),)},
        "traditional characters": {
            "parts": (paid("上海流明機器人有限公司"),), "header": header(name="上海流明机器人有限公司"),
        },
        "brackets of both widths": {
            "header": header(name="流明（上海）机器人有限公司"), "parts": (paid("流明(上海)机器人有限公司"),),
        },
        "the legal form spelled out": {
            "header": header(name="Yunqi Data Co., Ltd."), "parts": (paid("YUNQI DATA COMPANY LIMITED"),),
        },
        **{
            f"{payer} is {name}": {"header": header(name=name), "parts": (paid(payer),)}
            for payer, name in (
                ("Nova Gesellschaft mit beschränkter Haftung", "Nova GmbH"), ("Nova Incorporated", "Nova, Inc."),
                ("Nova Corporation", "Nova Corp."), ("Nova Co. Ltd", "Nova Limited"),
                ("Smith and Nova", "Smith & Nova Ltd"),
                ("Nova GmbH und Co. KG", "Nova GmbH & Co. KG"), ("Nova", "Nova GmbH"),
                ("流明股份公司", "流明股份有限公司"),
                ("上海流明机器人公司", "上海流明机器人股份有限公司"), ("Nova Limited Liability Company", "Nova L.L.C."),
            )
        },
        "the legal form with dots": {"header": header(name="Aurora S.p.A."), "parts": (paid("Aurora SpA"),)},
        "a limited liability company": {"parts": (paid("上海流明机器人有限责任公司"),)},
        "a person for a person": {"header": PERSON, "parts": (paid("王小明"),)},
        "paid like this before": {
            "parts": (paid("北京先行科技有限公司"),), "payers_known": frozenset({"北京先行科技有限公司"}),
        },
        "the account's own name, as before": {
            "header": header(name="Northwind Analytics Inc"), "parts": (paid("Lumen Robotics GmbH"),),
            "payers_known": frozenset({"Lumen Robotics GmbH"}),
        },
        "the buyer, and of the rest no payer is named": {"parts": (paid(amount="200.00"), paid("", "1000.00"))},
        "the account's own name in another script, as before": {
            "header": header(name="前海智造科技有限公司"), "parts": (paid("Lumen Robotics GmbH"),),
            "payers_known": frozenset({"Lumen Robotics GmbH"}),
        },
        "a person pays as before": {"parts": (paid("王小明", "50000.00"),), "payers_known": frozenset({"王小明"})},
    },
    "warn": {
        "another company": {"parts": (paid("北京先行科技有限公司"),)},
        "the account's own name in another script": {
            "header": header(name="完全无关的公司有限公司"), "parts": (paid("Lumen Robotics", "50000.00"),),
        },
        "the account's own name": {
            "header": header(name="Northwind Analytics Inc"), "parts": (paid("Lumen Robotics GmbH"),),
        },
        "the account's own name for a holding": {
            "header": header(name="Hengda Holding"), "parts": (paid("Lumen Robotics"),),
        },
        "the account's own name for its branch": {
            "header": header(name="Lumen Robotics Berlin Branch"), "parts": (paid("Lumen Robotics"),),
        },
        "another company, and of the rest no payer is named": {
            "parts": (paid("北京先行科技有限公司", "1.00"), paid("", "1199.00")),
        },
        "another company in English": {"header": ENGLISH, "parts": (paid("Northwind Analytics Inc"),)},
        "a person, a small sum": {"parts": (paid("王小明", "1200.00"),)},
        **SIMILAR,
        "the account's own name, for a person": {"header": PERSON, "parts": (paid("Lumen Robotics GmbH"),)},
        "a company whose name begins with the person's": {
            "header": header(kind="personal", name="李明", tax_id=""), "parts": (paid("李明光电有限公司"),),
        },
        "a person of the company's name, a small sum": {
            "header": header(name="李明光电有限公司"), "parts": (paid("李明", "1200.00"),),
        },
        "one of two payers": {"parts": (paid(amount="600.00"), paid("北京先行科技有限公司", "600.00"))},
        **{
            f"{payer} for the person {name}": {"header": header(kind="personal", name=name), "parts": (paid(payer),)}
            for payer, name in (("王伟有限公司", "王伟"), ("王伟公司", "王伟"), ("Anna Miller Inc", "Anna Miller"),
                                ("Maria", "Maria Sa"))
        },
        "a company for a person": {"header": PERSON, "parts": (paid("北京先行科技有限公司"),)},
        "a person for another person, whatever the sum": {"header": PERSON, "parts": (paid("李雷", "90000.00"),)},
    },
    "fail": {
        "a person, a large sum": {"parts": (paid("王小明", "10000.00"),)},
        "a person of the company's name": {
            "header": header(name="李明光电有限公司"), "parts": (paid("李明", "50000.00"),),
        },
        "a person of the company's name, at the limit": {
            "header": header(name="王小明餐饮管理有限公司"), "parts": (paid("王小明", "10000.00"),),
        },
        "a person with a title": {"header": ENGLISH, "parts": (paid("Mr. John Smith", "20000.00"),)},
        "two characters": {"parts": (paid("李雷", "30000.00"),)},
        "persons together": {"parts": (paid("李雷", "6000.00"), paid("王小明", "5000.00"))},
        "a person for a public body": {
            "header": header(kind="public_body", name="云栖数据研究院"), "parts": (paid("陈静", "12000.00"),),
        },
        "a person beside the company": {"parts": (paid(amount="1.00"), paid("赵敏", "15000.00"))},
    },
}  # fmt: skip
TAX_ID: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "valid": {},
        "another valid one": {"header": header(tax_id=OTHER)},
        "a person without one": {"header": PERSON},
        "a foreign one": {"header": header(tax_id="DE811907980", country="DE")},
        "a public body without one": {"header": header(kind="public_body", tax_id="")},
        "a wrong digit that an invoice bears": {
            "header": header(tax_id=WRONG_DIGIT), "last_invoice": last(tax_id=WRONG_DIGIT),
        },
        "a legacy ID that an invoice bears": {"header": header(tax_id=LEGACY), "last_invoice": last(tax_id=LEGACY)},
    },
    "warn": {
        "a wrong check digit": {"header": header(tax_id=WRONG_DIGIT)},
        "two digits swapped": {"header": header(tax_id="91310000MA1FL0A727")},
        "legacy, 15 digits": {"header": header(tax_id=LEGACY)},
        "legacy, 20 digits": {"header": header(tax_id="12011600001234567890")},
        "a wrong digit on the first invoice": {"header": header(tax_id=WRONG_DIGIT), "last_invoice": None},
        "another wrong digit than before": {
            "header": header(tax_id=WRONG_DIGIT), "last_invoice": last(tax_id="91310000MA1FL0A279"),
        },
    },
    "fail": {
        "too short": {"header": header(tax_id="9131")},
        "too long": {"header": header(tax_id=VALID + "99999")},
        "a letter that is none": {"header": header(tax_id="9131000OMA1FL0A27I")},
        "an enterprise without one": {"header": header(tax_id="")},
        "Chinese characters": {"header": header(tax_id="税号91310000MA1FL")},
        "wrong form, though an invoice bears it": {
            "header": header(tax_id="9131"), "last_invoice": last(tax_id="9131"),
        },
    },
}  # fmt: skip
HEADER: dict[str, dict[str, dict[str, Any]]] = {
    "pass": {
        "as on the last invoice": {},
        "a person's, as before": {"header": PERSON, "last_invoice": last(kind="personal", name="王小明", tax_id="")},
        "as before, with an address": {"header": header(address="A 1"), "last_invoice": last(address="A 1")},
        "another header has other fields": {"granted": (former(header_id=2, header_name="北京先行科技有限公司"),)},
        "in use without other requests": {"history": (), "granted": ()},
        "made anew, and the same": {"last_invoice": last_of_another()},
        "made anew after another one that says the same": {
            "last_invoice": last_of_another(), "granted": (former(header_id=2, header_name="上海流民机器人有限公司"),),
        },
    },
    "warn": {
        "the first request": {"last_invoice": None, "history": (), "granted": ()},
        "nothing was approved yet": {"last_invoice": None, "granted": ()},
        "made anew with another tax ID": {"last_invoice": last_of_another(tax_id=OTHER)},
        "made anew with another bank": {"last_invoice": last_of_another(bank="招商银行")},
        "made anew as VAT special": {"header": header(vat_kind="special"), "last_invoice": last_of_another()},
        "new, nearly that of an invoice taken back whole": {
            "last_invoice": None,
            "granted": (former(header_id=2, header_name="上海流民机器人有限公司", taken_back="CN-1"),),
        },
        "a new header": {"last_invoice": None, "granted": (former(header_id=2, header_name="北京先行科技有限公司"),)},
        "the address changed": {"header": header(address="B 2"), "last_invoice": last(address="A 1")},
        "the bank account went away": {"last_invoice": last(bank_account="6222 0000")},
        "the name alone changed": {"last_invoice": last(name="上海流明智能有限公司")},
        "the tax ID alone changed": {"last_invoice": last(tax_id=OTHER)},
        "ordinary became special": {"header": header(vat_kind="special")},
    },
    "fail": {
        "name and tax ID changed": {"last_invoice": last(name="北京先行科技有限公司", tax_id=OTHER)},
        "all changed": {"last_invoice": last(name="北京先行科技有限公司", tax_id=OTHER, address="C 3", bank="D")},
        "new, one character beside another": {
            "last_invoice": None, "granted": (former(header_id=2, header_name="上海流民机器人有限公司"),),
        },
        "new, with radicals for characters": {
            "header": header(name="⻰⻢科技有限公司"), "last_invoice": None,
            "granted": (former(header_id=2, header_name="龙马科技有限公司"),),
        },
        "new, one character less": {
            "last_invoice": None, "granted": (former(header_id=2, header_name="上海流明机器有限公司"),),
        },
        "new, another legal form": {
            "last_invoice": None, "granted": (former(header_id=2, header_name="上海流明机器人股份有限公司"),),
        },
        "new, swapped letters": {
            "header": ENGLISH, "last_invoice": None,
            "granted": (former(header_id=2, header_name="Lumen Robotcis Ltd"),),
        },
    },
}  # fmt: skip
ALL = {"payer": PAYER, "tax_id": TAX_ID, "header": HEADER}


@pytest.mark.parametrize(
    ("check", "outcome", "changes"),
    [
        pytest.param(check, outcome, changes, id=f"{check}-{outcome}-{name}")
        for check, outcomes in ALL.items()
        for outcome, cases in outcomes.items()
        for name, changes in cases.items()
    ],
)
def test_what_is_found(check: str, outcome: str, changes: dict[str, Any]) -> None:
    found = getattr(buyer, check)(facts(**changes))
    assert (found.code, found.outcome) == (check, Outcome(outcome)), str(found.message)
    assert str(found.message)


def test_what_changed_is_shown_with_before_and_now() -> None:
    found = buyer.header(facts(header=header(address="B 2"), last_invoice=last(address="A 1", phone="021")))
    assert [(str(datum.label), str(datum.value)) for datum in found.data] == [
        ("Address", "A 1 → B 2"),
        ("Phone", "021 → —"),
    ]


@pytest.mark.parametrize("name", ["王小明", "李雷", "Ms. Ada Lin"])
def test_a_persons_name_is_told(name: str) -> None:
    assert names.is_persons(name)


@pytest.mark.parametrize("name", [COMPANY, "李宁公司", "马会", "Lumen Robotics", "Alipay", "云栖数据"])
def test_other_names_are_not_a_persons(name: str) -> None:
    assert not names.is_persons(name)


@pytest.mark.parametrize(
    ("payer", "amount", "words"),
    [
        ("华为技术有限公司", "50000.00", "similar names, not the same"),
        ("华为技术服务股份有限公司", "50000.00", "similar names, not the same"),
        ("李明", "50000.00", "李明, a person by the name, paid 50000.00"),
        ("Lumen Robotics", "50000.00", "The customer itself paid; the invoice is made out to another name."),
    ],
)
def test_a_payer_that_is_not_the_buyer_is_not_said_to_be(payer: str, amount: str, words: str) -> None:
    found = buyer.payer(facts(header=header(name="华为技术服务有限公司"), parts=(paid(payer, amount),)))
    assert words in str(found.message)


def test_what_persons_paid_together_is_no_single_ones_payment() -> None:
    found = buyer.payer(facts(parts=(paid("王伟", "1.00"), paid("李雷", "20000.00"))))
    assert (found.outcome, str(found.message)) == (
        Outcome.FAIL,
        "Persons by their names, 2 of them, paid 20001.00 for an organisation; the most, 20000.00, was paid by 李雷.",
    )


@pytest.mark.parametrize(
    ("parts", "known", "words"),
    [
        ((paid(amount="200.00"), paid("", "600.00"), paid("", "400.00")), (),
         "Of 200.00 of 1200.00 the payer is the buyer of the invoice; of the rest the platform names no payer."),
        ((paid("北京先行科技有限公司", "200.00"), paid("", "1000.00")), ("北京先行科技有限公司",),
         "Of 200.00 of 1200.00 the payer is known, if not the buyer then from earlier invoices with this header; of the"
         " rest the platform names no payer."),
        ((paid(),), (), "The payer is the buyer of the invoice."),
    ],
)  # fmt: skip
def test_how_much_of_the_amount_has_a_payer_is_told(
    parts: tuple[Paid, ...], known: tuple[str, ...], words: str
) -> None:
    found = buyer.payer(facts(parts=parts, payers_known=frozenset(known)))
    assert (found.outcome, str(found.message)) == (Outcome.PASS, words)
    unnamed = [datum.value for datum in found.data if datum.label == "No payer is named"]
    assert unnamed == ([Decimal("1000.00")] if len(parts) > 1 else [])


def test_the_payer_that_is_furthest_from_the_buyer_is_told() -> None:
    parts = (paid("上海流明", "600.00"), paid("北京先行科技有限公司", "600.00"))
    assert str(buyer.payer(facts(parts=parts)).message).startswith("北京先行科技有限公司 paid, and")


def test_a_header_made_anew_shows_both_tax_ids() -> None:
    found = buyer.header(facts(last_invoice=last_of_another(tax_id=OTHER)))
    assert [(str(datum.label), str(datum.value)) for datum in found.data] == [("Tax ID", f"{OTHER} → {VALID}")]
    assert "changed since the last invoice, INV-2026-000007" in str(found.message)
