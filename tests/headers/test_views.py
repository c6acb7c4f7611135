"""The page of invoice headers through plain HTTP, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from backoffice.headers import queries
from tests.support.people import Cast
from tests.support.visitor import Visitor, as_read

GOOD = {"name": "上海流明机器人有限公司", "tax_id": "9131 0000 ma1f l0a2 77"}
NEW = "/invoice-headers/new"


@pytest.fixture
def ada(cast: Cast, visit: Callable[..., Visitor]) -> Visitor:
    """Ada of lumen, signed in."""
    return visit(cast.ada)


def text(browser: Visitor) -> str:
    return unescape(browser.page.text)


def names(app: Flask, account_id: int) -> list[tuple[str, str, bool]]:
    with app.app_context():
        return [(header.name, header.tax_id, header.is_default) for header in queries.headers_of(account_id)]


def make(browser: Visitor, **values: str) -> None:
    browser.get(NEW)
    browser.submit({**GOOD, **values})
    assert browser.page.status_code == 303, text(browser)
    browser.follow()


def test_create_edit_default_and_remove(app: Flask, cast: Cast, ada: Visitor) -> None:
    ada.get("/invoice-headers")
    assert "No headers yet" in text(ada)
    make(ada)
    make(ada, name="Second", tax_id="91110000MA00000152")
    assert names(app, cast.lumen) == [
        ("上海流明机器人有限公司", "91310000MA1FL0A277", True),
        ("Second", "91110000MA00000152", False),
    ]
    ada.submit(button="Make default")
    assert [default for *_, default in names(app, cast.lumen)] == [True, False]
    assert names(app, cast.lumen)[0][0] == "Second"
    with app.app_context():
        header_id = queries.headers_of(cast.lumen)[0].id
    ada.get(f"/invoice-headers/{header_id}/edit")
    ada.submit({"name": "Renamed"})
    assert names(app, cast.lumen)[0][0] == "Renamed"
    ada.get(f"/invoice-headers/{header_id}/archive")
    assert len(names(app, cast.lumen)) == 2
    ada.submit(button="Remove")
    assert names(app, cast.lumen) == [("上海流明机器人有限公司", "91310000MA1FL0A277", True)]


def test_a_wrong_check_digit_warns_with_the_symbol_and_may_be_confirmed(app: Flask, cast: Cast, ada: Visitor) -> None:
    ada.get(NEW)
    ada.submit({**GOOD, "tax_id": "91310000MA1FL0A278"})
    assert ada.page.status_code == 422
    assert "8 (18)" in text(ada).partition('id="tax_id-error"')[2]
    ada.submit({"tax_id_confirmed": "y"})
    assert ada.page.status_code == 303
    ada.follow()
    assert "Check digit does not fit" in text(ada)


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_is_kept(app: Flask, cast: Cast, ada: Visitor) -> None:
    wrong = (
        ("name", ""), ("name", "某公司🦄"), ("name", "x" * 257), ("name", "a\x00b"), ("name", "a\u202eb"),
        ("tax_id", "9131"), ("tax_id", "91310000MA1FL0A27O"), ("tax_id", "<b>"), ("tax_id", "9" * 100_000),
        ("phone", "1" * 33), ("email", "a@b.example,c@d.example"), ("email", "a@b.example\r\nBcc: x@y.example"),
        ("remarks", "x" * 501),
    )  # fmt: skip
    for name, typed in wrong:
        ada.get(NEW)
        ada.submit({**GOOD, "address": "kept", name: typed})
        assert ada.page.status_code == 422, (name, typed[:20])
        page = text(ada)
        assert f'id="{name}-error"' in page, (name, typed[:20])
        kept = dict(next(form for form in ada.forms() if "tax_id" in form.names).values)
        assert kept["address"] == "kept"
        assert kept[name] == as_read(typed)
    for name in ("kind", "vat_kind", "language"):
        ada.get(NEW)
        ada.submit({**GOOD, name: "nonsense"})
        assert ada.page.status_code == 422, name
    assert names(app, cast.lumen) == []


def test_another_accounts_header_is_not_there(
    app: Flask, cast: Cast, ada: Visitor, visit: Callable[..., Visitor]
) -> None:
    make(ada)
    with app.app_context():
        header_id = queries.headers_of(cast.lumen)[0].id
    bo = visit(cast.bo)
    bo.get(NEW)
    token = dict(bo.forms()[-1].values)["csrf_token"]
    for one in (header_id, 0, 10**30):
        for verb in ("edit", "archive"):
            assert bo.get(f"/invoice-headers/{one}/{verb}").status_code == 404, (one, verb)
        for verb in ("edit", "archive", "default"):
            answer = bo.client.post(f"/invoice-headers/{one}/{verb}", data={**GOOD, "csrf_token": token})
            assert answer.status_code == 404, (one, verb)
    assert len(names(app, cast.lumen)) == 1
