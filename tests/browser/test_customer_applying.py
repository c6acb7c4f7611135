"""A customer applies: header and its defaults, all of it, file, copies, an expired session, preview, submit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import delete

from backoffice.accounts.models import LoginSession
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from tests.browser.typist import Typist
from tests.journeys.stage import LUMEN_HEADER, YUNQI_HEADER, Stage
from tests.support import files
from tests.support.people import Cast, Person

pytestmark = pytest.mark.browser

SECOND = {**LUMEN_HEADER, "name": "流明备件有限公司", "email": "second@lumen.example", "remarks": "Order 2"}
ORDER = {"name": "order.pdf", "mimeType": "application/pdf"}


def test_apply(app: Flask, stage: Stage, typist: Callable[[Person], Typist], tmp_path: Path) -> None:
    mine = stage.headers[stage.cast.lumen]
    # Lin, of the same account, has made the header that Ada applies with.
    stage.do(headers.create, stage.cast.lin.actor, SECOND, known_look_alikes=[mine])
    ada = typist(stage.cast.ada)
    ada.open("/invoices")
    ada.press("link", "Apply for Invoice")
    ada.arrives("Apply for Invoice")
    another_header_brings_its_defaults(ada, stage)
    the_fields_say_what_is_wrong(ada)
    a_file_is_weighed_and_enclosed(ada, tmp_path / "heavy.pdf")
    the_session_ends_and_nothing_is_lost(app, ada, stage)
    ada.arrives("Review and submit")
    shown = ada.control("group", "Preview of the invoice")
    for said in ("12,500.00", "壹万贰仟伍佰元整", "采购单 9", SECOND["name"]):
        expect(shown).to_contain_text(said)
    expect(ada.page.get_by_role("main")).to_contain_text("order.pdf")
    ada.reads("Promised by")
    ada.press("button", "Change")
    ada.arrives("Apply for Invoice")
    ada.fill("Invoice Amount", "7,409.50")
    ada.keys.press("Enter")  # in a field: the next step
    ada.arrives("Review and submit")
    expect(ada.control("group", "Preview of the invoice")).to_contain_text("柒仟肆佰零玖元伍角整")
    ada.enter_twice(ada.control("button", "Submit"))
    ada.arrives_at(re.compile(r"IR-\d{8}-\d{6}"))
    ada.hears("Your request is submitted. We finish it by %(day)s.")
    submitted(ada, stage)


def another_header_brings_its_defaults(ada: Typist, stage: Stage) -> None:
    """What the chosen header has as its own comes with it, and leaves with it; what was typed stays."""
    email, remarks = ada.field("Receiving Email"), ada.field("Remarks")
    ada.choose("Invoice Header", SECOND["name"])
    expect(email).to_have_value(SECOND["email"])
    expect(remarks).to_have_value(SECOND["remarks"])
    ada.fill("Remarks", "采购单 9")
    ada.choose("Invoice Header", LUMEN_HEADER["name"])
    expect(email).to_have_value(stage.cast.ada.email)
    expect(remarks).to_have_value("采购单 9")
    ada.choose("Invoice Header", SECOND["name"])


def the_fields_say_what_is_wrong(ada: Typist) -> None:
    """A wrong amount and a wrong address are told beside their fields, which keep what was typed; then all of it."""
    ada.fill("Invoice Amount", "1.234")
    ada.fill("Receiving Email", "ap@lumen")
    ada.press("button", "Review")
    expect(ada.page.get_by_role("alert").first).to_be_focused()
    for name, typed in (("Invoice Amount", "1.234"), ("Receiving Email", "ap@lumen")):
        expect(ada.field(name)).to_have_value(typed)
        expect(ada.field(name)).to_have_attribute("aria-invalid", "true")
        expect(ada.field(name)).to_have_accessible_description(re.compile("[.。]$"))
    ada.press("button", "All: %(amount)s", amount="¥12,500.00")
    expect(ada.field("Invoice Amount")).to_have_value("12500.00")
    expect(ada.field("Invoice Amount")).to_be_focused()
    ada.fill("Receiving Email", "ap@lumen.example")
    ada.fill("Copies to", "boss@lumen.example")


def a_file_is_weighed_and_enclosed(ada: Typist, heavy: Path) -> None:
    """One that is too large is not sent, and the form waits until it is taken out; another takes its place."""
    too_large = ada.word("This file is larger than 10 MB. Choose a PDF, PNG or JPEG of at most 10 MB.")
    heavy.write_bytes(b"%PDF-1.7" + bytes(11_000_000))
    ada.enclose("Supporting file", heavy)
    told = ada.page.get_by_role("alert").filter(has_text=too_large)
    expect(told).to_be_visible()
    expect(ada.field("Supporting file")).to_have_accessible_description(re.compile(re.escape(too_large)))
    ada.press("button", "Review")
    expect(ada.field("Supporting file")).to_be_focused()
    expect(told).to_be_visible()
    ada.arrives("Apply for Invoice")
    ada.press("button", "Take the large file out")
    expect(told).to_be_hidden()
    expect(ada.field("Supporting file")).to_have_value("")
    ada.enclose("Supporting file", heavy)
    ada.enclose("Supporting file", {**ORDER, "buffer": files.pdf()})
    expect(told).to_be_hidden()


def the_session_ends_and_nothing_is_lost(app: Flask, ada: Typist, stage: Stage) -> None:
    """The next step asks to sign in; behind it the form stands as it was, but for the file, which is never kept."""
    with app.app_context(), transaction():
        session.execute(delete(LoginSession))
    ada.press("button", "Review")
    ada.arrives("Sign in")
    ada.fill("Email", stage.cast.ada.email)
    ada.fill("Password", stage.cast.ada.password)
    ada.press("button", "Sign in")
    ada.arrives("Apply for Invoice")
    ada.hears("You are signed in again. What could be kept is still here; look at the marked fields.")
    expect(ada.field("Supporting file")).to_have_attribute("aria-invalid", "true")
    for name, typed in (("Invoice Amount", "12500.00"), ("Receiving Email", "ap@lumen.example"),
                        ("Copies to", "boss@lumen.example"), ("Remarks", "采购单 9")):  # fmt: skip
        expect(ada.field(name)).to_have_value(typed)
    expect(ada.field("Invoice Header").locator("option:checked")).to_have_text(SECOND["name"])
    ada.enclose("Supporting file", {**ORDER, "buffer": files.pdf()})
    ada.press("button", "Review")


def submitted(ada: Typist, stage: Stage) -> None:
    """One request, as it was previewed, with its file and its promise."""
    made = stage.request(ada.page.url.rpartition("/")[2])
    assert (str(made.amount), made.header_name, made.email) == ("7409.50", SECOND["name"], "ap@lumen.example")
    assert (made.copies, made.remarks) == (["boss@lumen.example"], "采购单 9")
    ada.reads("Promised by")
    name, content = ada.download(ada.named("link", "order.pdf"))
    assert (name, content) == ("order.pdf", files.pdf())
    ada.go("Invoices")
    ada.arrives("Invoices")
    expect(ada.page.locator("tbody th a")).to_have_text([made.number])  # sent twice, it is one
    expect(ada.page.get_by_role("row").filter(has_text=made.number)).to_contain_text("7,409.50")
    ada.press("link", "Apply for Invoice")
    ada.arrives("Apply for Invoice")
    expect(ada.field("Invoice Amount")).to_have_value("")  # what was kept is forgotten


def test_apply_without_a_header(app: Flask, cast: Cast, post: Path, typist: Callable[[Person], Typist]) -> None:
    stage = Stage(app, cast).open_houses(yunqi_header=False)
    bo = typist(cast.bo)
    bo.open("/invoices")
    bo.press("link", "Apply for Invoice")
    bo.arrives("Apply for Invoice")
    typed = (("Invoice Amount", "123.45"), ("Receiving Email", "cw@yunqi.example"), ("Remarks", "两行\n备注"))
    for name, text in typed:
        bo.fill(name, text)
    bo.press("button", "Create a header")
    bo.arrives("New header")
    bo.keys.to(bo.page.get_by_role("radio").first)
    bo.keys.pick(bo.page.get_by_role("radio", name=re.compile(bo.word("Enterprise"))))
    bo.fill("Name", YUNQI_HEADER["name"])
    bo.fill("Tax ID", YUNQI_HEADER["tax_id"])
    bo.press("button", "Save and go on")
    bo.arrives("Apply for Invoice")
    for name, text in typed:
        expect(bo.field(name)).to_have_value(text)
    bo.press("button", "Review")
    bo.arrives("Review and submit")
    bo.press("button", "Submit")
    bo.hears("Your request is submitted. We finish it by %(day)s.")
    assert stage.request(bo.page.url.rpartition("/")[2]).header_name == YUNQI_HEADER["name"]
