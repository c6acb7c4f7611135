"""The verification page: both halves must be right, and neither half alone tells anything."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug import formparser
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from backoffice import clock, money, storage
from backoffice.database import session, transaction
from backoffice.extensions import limiter
from backoffice.headers import services as headers
from backoffice.issuing import jobs
from backoffice.issuing.copied import printed_number
from backoffice.issuing.models import Invoice
from backoffice.issuing.rules import is_invoice_number
from backoffice.ledger.rules import Line
from backoffice.ledger.services.entries import book
from backoffice.requests.services import applying as requests
from backoffice.review.services import decisions as review
from backoffice.web.hashing import Hashed
from tests.support import sql


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> None:
    with app.app_context():
        limiter.reset()


def _full_width(number: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) for sign in number)


@pytest.fixture
def number(app: Flask, cast: Any) -> str:
    """An issued invoice over 1,234.50."""
    with app.app_context():
        now = clock.now()
        with transaction():
            paid = Line(
                number=1,
                kind="recharge",
                external_id="R1",
                account="lumen",
                status="completed",
                amount=Decimal("2000.00"),
                occurred_at=now,
                refund_of=None,
            )
            book([paid], source="test", now=now)
            header = headers.create(cast.ada.actor, {"kind": "personal", "name": "Ada Lin"}, now=now)
            made = requests.apply(
                cast.ada.actor,
                requests.Application(header_id=header.id, amount="1234.50", email="ap@lumen.example"),
                submit_token="t",
                locale="en",
                now=now,
            )
            name = made.number
        with transaction():
            review.approve(cast.rita.actor, name, now=now)
        assert jobs.issue_due() == 1
    return "INV-" + str(clock.today().year) + "-000001"


def test_number_and_total_together_are_confirmed(visitor: Any, number: str) -> None:
    page = visitor.get(f"/verify?number={number}")
    assert number in page.text
    answer = visitor.submit({"number": number.lower(), "amount": "1,234.50"})
    assert "This invoice is genuine" in answer.text
    assert "Ada Lin" not in answer.text


@pytest.mark.parametrize(
    "copied",
    [
        "CNY 1,234.50",
        "1234.50元",
        "价税合计(小写) Total including tax\u3000CNY\xa01,234.50",
        "价税合计 ¥1,234.50",
        "壹仟贰佰叁拾肆元伍角整",
        "价税合计（大写）：壹仟贰佰叁拾肆圆伍角正",
    ],
)
def test_the_total_is_taken_as_it_is_copied_from_the_page(visitor: Any, number: str, copied: str) -> None:
    visitor.get("/verify")
    assert "This invoice is genuine" in visitor.submit({"number": number, "amount": copied}).text


@pytest.mark.one_database
@pytest.mark.parametrize(
    "copied",
    [
        "发票号码 {}", "Invoice number\n{}", "发票号码 Invoice number {}", "Invoice number: {}", "发票号码：{}",
        "INVOICE NUMBER{}", "  {} ", "红字发票号码 Credit note number {}", "Original invoice {}", "{}\u200b",
        "https://invoices.example/verify?number={}", "http://127.0.0.1:8000/back/verify?lang=zh&number={}#top",
        "{}.pdf", "{} (1).PDF", "{}.xml", "{} 上海流明机器人有限公司.pdf", "<http://127.0.0.1:8000/verify?number={}>",
        "No. {}", "“{}”", "{}, 2026-03-10", "Invoice {} for 上海流明机器人有限公司",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "shape",
    [
        str,
        str.lower,
        lambda number: number.replace("-", "\u2011"),
        lambda number: number.replace("-", " "),
        lambda number: number.replace("-", ""),
        _full_width,
    ],
)
def test_the_number_is_taken_as_it_is_copied_from_a_document(copied: str, shape: Callable[[str], str]) -> None:
    assert printed_number(copied.format(shape("INV-2026-000213"))) == "INV-2026-000213"


@pytest.mark.parametrize(
    "copied",
    ["INV-2026-000213 INV-2026-000214", "IR-20261202-975961", "AAINV-2026-000213", "INV-2026-0002131234", "INV"],
)
def test_what_names_no_single_number_is_none(copied: str) -> None:
    assert not is_invoice_number(printed_number(copied))


def test_a_genuine_invoice_is_known_by_its_number_with_the_label(visitor: Any, number: str) -> None:
    page = visitor.get("/verify").text
    for typed in (f"发票号码 Invoice number\n{number}", _full_width(number)):
        assert "This invoice is genuine" in visitor.submit({"number": typed, "amount": "1,234.50"}).text
        visitor.get("/verify")
    longest = re.search(r'name="number"[^>]*maxlength="([0-9]+)"', page) or re.search(r'maxlength="([0-9]+)"', page)
    assert longest is None or int(longest[1]) > len("红字发票号码 Credit note number INV-2026-000000001")


@pytest.mark.one_database
@pytest.mark.parametrize(
    "typed",
    [
        "213",
        "IR-20260306-000001",
        "INV-2026",
        "IR20260306000001",
        "https://invoices.example/verify",
        "INV-2026-000001 INV-2026-000002",
        "x" * 400,
    ],
)
def test_what_is_no_number_of_ours_is_asked_for_again(visitor: Any, number: str, typed: str) -> None:
    visitor.get("/verify")
    answer = visitor.submit({"number": typed, "amount": "1234.50"})
    assert answer.status_code == 422
    assert "Enter the number as it stands on the document, for example INV-2026-000123." in answer.text
    assert "We know no such invoice" not in answer.text


@pytest.mark.one_database
@pytest.mark.parametrize("currency", ["USD", "EUR", "HKD"])
def test_yuan_are_not_taken_for_the_currency_of_the_invoice(
    visitor: Any, app: Flask, number: str, monkeypatch: pytest.MonkeyPatch, currency: str
) -> None:
    settings = app.config["BACKOFFICE_SETTINGS"].model_copy(update={"currency": currency})
    monkeypatch.setitem(app.config, "BACKOFFICE_SETTINGS", settings)
    monkeypatch.setattr(money, "_currency", currency)  # as an application is created
    for typed in ("¥1,234.50", "￥1234.50", f"{currency} ¥1,234.50", "1,234.50元"):
        visitor.get("/verify")
        answer = visitor.submit({"number": number, "amount": typed})
        assert answer.status_code == 422
        assert f"This is another currency: amounts are in {currency}." in answer.text
        assert "This invoice is genuine" not in answer.text
    visitor.get("/verify")
    assert "This invoice is genuine" in visitor.submit({"number": number, "amount": f"{currency} 1,234.50"}).text


@pytest.mark.parametrize("amount", ["1234.51", "0.01"])
def test_a_wrong_total_tells_nothing(visitor: Any, number: str, amount: str) -> None:
    visitor.get("/verify")
    answer = visitor.submit({"number": number, "amount": amount})
    assert "We know no such invoice" in answer.text
    assert "issued by" not in answer.text


@pytest.mark.parametrize(("typed", "amount"), [("INV-2026-999999", "1"), ("' OR 1=1 --", "1"), ("\x00", "1")])
def test_an_unknown_number_is_no_error(visitor: Any, number: str, typed: str, amount: str) -> None:
    visitor.get("/verify")
    answer = visitor.submit({"number": typed, "amount": amount})
    assert answer.status_code in (200, 422)
    assert "This invoice is genuine" not in answer.text


def test_trying_amounts_is_slowed_down(visitor: Any, number: str) -> None:
    for cents in range(1, 22):
        visitor.get("/verify")
        answer = visitor.submit({"number": number, "amount": f"0.{cents:02d}"})
        if answer.status_code == 429:
            break
    assert (answer.status_code, cents) == (429, 21)


def _document(app: Flask) -> bytes:
    with app.app_context():
        return storage.get(session.scalars(select(Invoice.pdf_sha256)).one() or "")


def _told(page: str) -> str:
    """What the page says, less what was typed and the token of its forms."""
    return re.sub(r' value="[^"]*"', "", page)


def _drop(visitor: Any, content: bytes, button: str = "Verify the file") -> Any:
    visitor.get("/verify")
    return _send(visitor, content, button)


def _send(visitor: Any, content: bytes, button: str = "Verify the file") -> Any:
    """Send the form of the present page with this file. The client of the tests would put it into a file of its own."""
    form = next(form for form in visitor.forms() if form.fits({"document"}, button))
    filled = form.filled({"document": FileStorage(io.BytesIO(content), "invoice.pdf")}, button)
    boundary, body = encode_multipart(filled)
    kind = f'multipart/form-data; boundary="{boundary}"'
    visitor.page = visitor.client.post(form.action, data=body, content_type=kind)
    return visitor.page


@pytest.mark.one_database
def test_an_unknown_number_and_a_wrong_total_are_answered_alike(visitor: Any, number: str) -> None:
    answers = []
    for typed, amount in ((number, "1234.51"), (number[:-1] + "9", "1234.50")):
        visitor.get("/verify")
        answers.append(visitor.submit({"number": typed, "amount": amount}))
    assert {answer.status_code for answer in answers} == {200}
    assert _told(answers[0].text) == _told(answers[1].text)


def test_the_file_itself_is_confirmed_and_nothing_else_is_told(visitor: Any, app: Flask, number: str) -> None:
    answer = _drop(visitor, _document(app))
    assert "This invoice is genuine" in answer.text
    assert number in answer.text
    for private in ("Ada Lin", "1,234.50", "1234.50", "ap@lumen.example"):
        assert private not in answer.text


@pytest.mark.one_database
def test_a_file_with_one_byte_changed_is_none_of_ours(visitor: Any, app: Flask, number: str) -> None:
    changed = bytearray(_document(app))
    changed[len(changed) // 2] ^= 1
    answers = [_drop(visitor, content) for content in (bytes(changed), b"no PDF at all", b"x" * 900_000)]
    assert {answer.status_code for answer in answers} == {200}
    assert "We know no such invoice" in answers[0].text
    assert number not in answers[0].text
    assert len({_told(answer.text) for answer in answers}) == 1


@pytest.mark.one_database
def test_a_file_is_kept_nowhere_while_it_is_compared(
    visitor: Any, app: Flask, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise AssertionError("a file was opened")

    visitor.get("/verify")
    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)
    monkeypatch.setattr(formparser, "SpooledTemporaryFile", refuse)
    before = sorted(Path(app.config["BACKOFFICE_SETTINGS"].instance_path).rglob("*"))
    answer = _send(visitor, b"x" * 900_000)
    assert "We know no such invoice" in answer.text
    assert sorted(Path(app.config["BACKOFFICE_SETTINGS"].instance_path).rglob("*")) == before


def test_a_hash_takes_no_room() -> None:
    sink = Hashed()
    tracemalloc.start()
    for _ in range(200):
        sink.write(b"x" * 100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (sink.size, sink.sha256) == (20_000_000, hashlib.sha256(b"x" * 20_000_000).hexdigest())
    assert peak < 1_000_000


@pytest.mark.one_database
def test_the_largest_invoice_that_can_be_drawn_is_looked_for(visitor: Any, number: str) -> None:
    """5,000 lines, each of 255 characters that no other has: 14.2 MB, and as many at most."""
    answer = _drop(visitor, b"x" * 14_300_000)
    assert answer.status_code == 200
    assert "We know no such invoice" in answer.text


@pytest.mark.one_database
@pytest.mark.parametrize("size", [20_000_001, 30_000_000])
def test_a_file_that_is_too_large_is_refused_in_words(visitor: Any, number: str, size: int) -> None:
    answer = _drop(visitor, b"x" * size)
    assert answer.status_code == 413
    assert "This file is larger than any invoice of ours" in answer.text


@pytest.mark.one_database
@pytest.mark.parametrize("given", [b"", None])
def test_without_a_file_it_is_asked_for(visitor: Any, number: str, given: bytes | None) -> None:
    if given is None:
        visitor.get("/verify")
        answer = visitor.submit({}, button="Verify the file")
    else:
        answer = _drop(visitor, given)
    assert answer.status_code == 422
    assert "Choose the PDF of the invoice" in answer.text


@pytest.mark.one_database
def test_dropping_files_is_slowed_down(visitor: Any, number: str) -> None:
    codes = [_drop(visitor, b"x").status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]


@pytest.mark.one_database
def test_the_code_on_the_invoice_leads_to_its_number(visitor: Any, app: Flask, number: str) -> None:
    with app.app_context():
        address = session.scalars(select(Invoice.snapshot)).one()["verify_url"]
    page = visitor.get(urlsplit(address)._replace(scheme="", netloc="").geturl())
    assert page.status_code == 200
    assert f'value="{number}"' in page.text


@pytest.mark.one_database
def test_the_page_speaks_chinese(visitor: Any, app: Flask, number: str) -> None:
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh"
    assert "完全一致" in _drop(visitor, _document(app), "查验文件").text


def test_a_document_is_found_by_an_index(app: Flask, database: str, number: str) -> None:
    with app.app_context():
        way = sql.plan(select(Invoice.number).where(Invoice.pdf_sha256 == "0" * 64).limit(1), database)
    assert "ix_invoice_pdf_sha256" in way
