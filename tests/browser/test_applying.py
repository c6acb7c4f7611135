"""Applying with a file, outliving a session, correcting and resubmitting: both languages, both widths, the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from backoffice.accounts.models import LoginSession
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.requests.file_types import media_type
from tests.browser.conftest import Screen
from tests.journeys.stage import LUMEN_HEADER, Stage
from tests.support import files

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 320, "height": 720}, {"width": 1280, "height": 800}
WORDS = {
    "en": {
        "amount": "Invoice Amount", "copies": "Copies to", "file": "Supporting file", "review": "Review",
        "submit": "Submit", "correct": "Correct the address", "email": "Receiving Email", "save": "Save",
        "corrected": "Address corrected", "large": "This file is larger than 10 MB.",
    },
    "zh": {
        "amount": "开票金额", "copies": "抄送", "file": "证明文件", "review": "下一步",
        "submit": "提交", "correct": "更正邮箱", "email": "接收邮箱", "save": "保存",
        "corrected": "邮箱已更正", "large": "文件超过 10 MB。",
    },
}  # fmt: skip
ORDER = {"name": "order.pdf", "mimeType": "application/pdf"}


def enters(page: Page, role: str, name: str) -> None:
    """Reach a control by the Tab key alone, as far as a page has controls, and press Enter on it."""
    wanted = page.get_by_role(role, name=name, exact=True).last  # type: ignore[arg-type]
    for _ in range(60):
        if wanted.evaluate("control => control === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by the keyboard")


def fits(page: Page) -> bool:
    """Whether nothing is cut off at the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize(("language", "size"), [("en", DESK), ("zh", PHONE)], ids=["en-desk", "zh-320"])
def test_a_file_and_a_corrected_address_by_keyboard(
    stage: Stage, window: Callable[..., Screen], language: str, size: dict[str, int]
) -> None:
    words = WORDS[language]
    screen = window(stage.cast.ada, viewport=size)
    page = screen.page
    page.context.add_cookies([{"name": "locale", "value": language, "url": screen.site}])
    screen.open("/invoices/apply")
    page.get_by_label(words["amount"]).fill("12.50")
    page.get_by_label(words["copies"]).fill("boss@lumen.example")
    page.get_by_label(words["file"]).set_input_files({**ORDER, "buffer": b"%PDF-1.7" + bytes(11_000_000)})
    expect(page.get_by_role("alert")).to_contain_text(words["large"])
    page.get_by_label(words["file"]).set_input_files({**ORDER, "buffer": files.pdf()})
    expect(page.get_by_role("alert")).to_have_text("")
    assert fits(page)
    enters(page, "button", words["review"])
    expect(page.get_by_role("main")).to_contain_text("order.pdf")
    assert fits(page)
    enters(page, "button", words["submit"])
    page.wait_for_url(re.compile(r"/invoices/IR-"))
    enters(page, "link", words["correct"])
    page.get_by_label(words["email"]).fill("right@lumen.example")
    assert fits(page)
    enters(page, "button", words["save"])
    expect(page.get_by_role("list").filter(has_text=words["corrected"])).to_contain_text("right@lumen.example")
    with page.expect_download() as arriving:
        page.get_by_role("link", name="order.pdf").click()
    assert arriving.value.path().read_bytes() == files.pdf()
    assert fits(page)


def test_an_expired_session_loses_nothing(app: Flask, stage: Stage, window: Callable[..., Screen]) -> None:
    screen = window(stage.cast.ada)
    page = screen.open("/invoices/apply")
    page.get_by_label("Invoice Amount").fill("77.70")
    page.get_by_label("Remarks").fill("采购单 9")
    with app.app_context(), transaction():
        session.execute(delete(LoginSession))
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_label("Email").fill(stage.cast.ada.email)
    page.get_by_label("Password").fill(stage.cast.ada.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("What you typed is still here.")).to_be_visible()
    expect(page.get_by_label("Invoice Amount")).to_have_value("77.70")
    expect(page.get_by_label("Remarks")).to_have_value("采购单 9")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("group", name="Preview of the invoice")).to_contain_text("采购单 9")


def test_a_rejected_header_is_corrected_where_it_is_wrong(stage: Stage, window: Callable[..., Screen]) -> None:
    number = stage.reject(stage.apply(stage.cast.ada, "500.00", remarks="PO 1"))
    screen = window(stage.cast.ada)
    page = screen.open(f"/invoices/{number}")
    page.get_by_role("link", name="Resubmit").click()
    page.get_by_label("Remarks").fill("PO 2")
    page.get_by_role("button", name="Correct this header").click()
    expect(page.get_by_label("Tax ID", exact=True)).to_be_focused()
    page.get_by_label("Tax ID", exact=True).fill("91440300MA5DA0X7X5")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_label("Remarks")).to_have_value("PO 2")
    page.get_by_role("button", name="Review", exact=True).click()
    changes = page.get_by_role("table", name=f"Changed since {number}")
    expect(changes).to_contain_text(LUMEN_HEADER["tax_id"])
    expect(changes).to_contain_text("91440300MA5DA0X7X5")


def test_another_header_brings_its_defaults_at_once(stage: Stage, window: Callable[..., Screen]) -> None:
    values = {**LUMEN_HEADER, "name": "Second", "email": "second@lumen.example", "remarks": "Order 2"}
    mine = stage.headers[stage.cast.lumen]
    stage.do(headers.create, stage.cast.ada.actor, values, known_look_alikes=[mine])
    page = window(stage.cast.ada).open("/invoices/apply")
    email, remarks = page.get_by_label("Receiving Email"), page.get_by_label("Remarks")
    page.get_by_label("Invoice Header").select_option(label="Second")
    expect(email).to_have_value("second@lumen.example")
    expect(remarks).to_have_value("Order 2")
    remarks.fill("mine")
    page.get_by_label("Invoice Header").select_option(label=LUMEN_HEADER["name"])
    expect(email).to_have_value(stage.cast.ada.email)
    expect(remarks).to_have_value("mine")


def test_printing_needs_one_click_and_no_other_page(stage: Stage, window: Callable[..., Screen]) -> None:
    number = stage.apply(stage.cast.ada, "500.00")
    page = window(stage.cast.ada).open(f"/invoices/{number}")
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("link", name="Print").click()
    expect(page).to_have_title("printed")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("link", name="Correct the address")).to_be_hidden()
    expect(page.get_by_role("main")).to_contain_text("¥500.00")


def test_a_page_that_refuses_keeps_what_was_typed(stage: Stage, window: Callable[..., Screen]) -> None:
    screen = window(stage.cast.ada)
    page = screen.open("/invoices/apply")
    page.get_by_label("Invoice Amount").fill("77.70")
    page.evaluate("document.querySelector('[name=remarks]').value = 'x'.repeat(13_000_000)")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", name="This is too large")).to_be_visible()
    screen.open("/invoices/apply")
    expect(page.get_by_label("Invoice Amount")).to_have_value("77.70")


def test_what_the_browser_prints_to_a_file_can_be_enclosed(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    assert media_type(page.pdf()) == "application/pdf"
    assert media_type(page.screenshot()) == "image/png"
    assert media_type(page.screenshot(type="jpeg")) == "image/jpeg"


def test_what_was_typed_is_there_until_it_is_submitted_or_cancelled(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    page = window(stage.cast.ada).open("/invoices/apply")
    amount, review = page.get_by_label("Invoice Amount"), page.get_by_role("button", name="Review", exact=True)
    amount.fill("77.70")
    review.click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    page.go_back()
    expect(amount).to_have_value("77.70")
    amount.fill("77.80")
    review.click()
    page.get_by_role("button", name="Change").click()
    expect(amount).to_have_value("77.80")
    review.click()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/invoices/IR-"))
    until_forgotten(page, "apply")
    page.goto(page.url.rpartition("/")[0] + "/apply")
    expect(amount).to_have_value("")
    amount.fill("5")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(re.compile(r"/invoices$"))
    page.goto(page.url + "/apply")
    expect(amount).to_have_value("")


def until_forgotten(page: Page, form: str) -> None:
    """Wait for the page to have dropped what was typed; waiting inside the page would need `eval`, which we forbid."""
    for _ in range(100):
        if page.evaluate("form => sessionStorage.getItem(`keep:${form}`)", form) is None:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"still kept: {form}")
