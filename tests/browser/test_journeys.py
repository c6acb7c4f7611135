"""The main journeys through a real browser: what people do, and that everybody is told the same numbers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Screen, dialog_link
from tests.journeys.stage import LUMEN_HEADER, NOW, Stage, text_of

NUMBER = re.compile(r"IR-\d{8}-\d{6}")
PATIENCE = 60_000  # milliseconds for another process to do its work on a busy machine

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("worker")
def test_apply_to_download(stage: Stage, window: Callable[..., Screen]) -> None:
    apply_to_download(stage, window)


@pytest.mark.postgres_only
def test_apply_to_download_on_postgresql(
    stage: Stage, window: Callable[..., Screen], worker: subprocess.Popen[bytes]
) -> None:
    apply_to_download(stage, window)
    assert worker.poll() is None


def apply_to_download(stage: Stage, window: Callable[..., Screen]) -> None:
    """Apply, approve, let the worker issue and mail, read the mail, download; all numbers are the same."""
    customer = window(stage.cast.ada)
    page = customer.page
    expect(figure(page, "Invoiceable Amount")).to_have_text("¥12,500.00")
    page.get_by_role("link", name="Apply for Invoice").click()
    expect(page.get_by_label("Invoice Header")).to_have_value(str(stage.headers[stage.cast.lumen]))
    page.get_by_label("Invoice Amount").fill("7,409.50")
    page.get_by_label("Receiving Email").fill("ap@lumen.example")
    page.get_by_label("Remarks").fill("采购单 PO-4500")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    expect(page.get_by_role("group", name="Preview of the invoice")).to_contain_text("柒仟肆佰零玖元伍角整")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("status").get_by_text("Your request is submitted.")).to_be_visible()
    number = number_on(page)
    expect(status(page)).to_have_text("Pending")

    desk = window(stage.cast.rita).page
    desk.get_by_role("link", name=number).click()
    desk.get_by_label("Remarks").first.fill("Thank you.")
    desk.get_by_role("button", name="Approve").click()
    expect(desk.get_by_role("status").get_by_text(f"Approved: {number}")).to_be_visible()

    until(page, lambda: status(page).text_content() == "Issued")
    issued = page.get_by_role("listitem").filter(has_text="INV-")
    until(page, lambda: issued.get_by_text("to ap@lumen.example at").count() == 1)
    with page.expect_download() as arriving:
        page.get_by_role("link", name="Download").click()
    downloaded = arriving.value.path().read_bytes()
    assert arriving.value.suggested_filename.endswith(f"{LUMEN_HEADER['name']}.pdf")
    assert_same_everywhere(stage, number, page, downloaded)
    assert_mail_opens(stage, customer, number, downloaded)


def assert_same_everywhere(stage: Stage, number: str, page: Page, downloaded: bytes) -> None:
    """Page, database, store and PDF tell one number and one amount."""
    issued = stage.request(number)
    assert issued.amount == Decimal("7409.50")
    assert issued.invoice_number == f"INV-{issued.issued_on:%Y}-000001"
    expect(page.get_by_role("main")).to_contain_text(issued.invoice_number)
    expect(page.get_by_role("main")).to_contain_text("¥7,409.50")
    assert downloaded == stage.document(number)
    printed = text_of(downloaded)
    # 7,409.50 with 6 % tax inside: 6,990.09 net, 419.41 tax.
    for said in (issued.invoice_number, "7,409.50", "6,990.09", "419.41", "柒仟肆佰零玖元伍角整", LUMEN_HEADER["name"],
                 LUMEN_HEADER["tax_id"], "采购单 PO-4500"):  # fmt: skip
        assert said in printed, f"{said} is not in the PDF"
    page.get_by_role("link", name="Invoices").first.click()
    expect(figure(page, "Invoiced Amount")).to_have_text("¥7,409.50")
    expect(figure(page, "Invoiceable Amount")).to_have_text("¥5,090.50")


def assert_mail_opens(stage: Stage, screen: Screen, number: str, downloaded: bytes) -> None:
    """The mail that the server took carries the very bytes, and says the same."""
    mail = stage.mails("ap@lumen.example")[-1]
    issued = stage.request(number)
    assert issued.invoice_number is not None
    assert [attachment.content for attachment in mail.attachments] == [downloaded]
    page = screen.open("/dev/mail")
    page.get_by_role("link", name=mail.summary.subject).first.click()
    for said in (issued.invoice_number, "7,409.50", LUMEN_HEADER["name"]):
        expect(page.get_by_role("main")).to_contain_text(said)
    page.get_by_role("link", name="Show as HTML").click()
    expect(page.locator("body")).to_contain_text(issued.invoice_number)
    expect(page.locator("body")).to_contain_text("7,409.50")


def test_reject_and_resubmit(stage: Stage, window: Callable[..., Screen]) -> None:
    first = stage.apply(stage.cast.ada, "800.00", remarks="采购单 7")
    desk = window(stage.cast.rita).page
    desk.get_by_role("link", name=first).click()
    dialog_link(desk, "Reject").click()
    dialog = desk.get_by_role("dialog", name=f"Reject {first}")
    dialog.get_by_role("button", name="Reject").click()
    # Without reason and remarks it is not sent: each field says what it wants.
    expect(desk.get_by_role("alert")).to_contain_text("Remarks")
    form = desk.get_by_role("form", name="Reject")
    form.get_by_role("checkbox", name="The tax ID does not match the name").check()
    form.get_by_label("Remarks").fill("Please check the tax ID.")
    form.get_by_role("button", name="Reject").click()
    expect(desk.get_by_role("status").get_by_text(f"Rejected: {first}")).to_be_visible()

    page = window(stage.cast.ada).page
    page.get_by_role("link", name=first).click()
    expect(page.get_by_role("main")).to_contain_text("Please check the tax ID.")
    page.get_by_role("link", name="Resubmit").click()
    expect(page.get_by_label("Invoice Amount")).to_have_value("800.00")
    expect(page.get_by_label("Remarks")).to_have_value("采购单 7")
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Submit").click()
    second = number_on(page)
    assert second != first
    # The timeline of each leads to the other.
    history = page.get_by_role("list", name="What happened")
    history.get_by_role("link", name=first).click()
    history.get_by_role("link", name=second).click()
    expect(status(page)).to_have_text("Pending")
    assert stage.request(second).resubmission_of_id == stage.request(first).id


def test_flagged_after_five_business_days(
    freeze: Callable[[datetime], None], stage: Stage, window: Callable[..., Screen]
) -> None:
    # NOW is a Monday: the fifth business day after it is the Monday of the week after.
    freeze(NOW)
    number = stage.apply(stage.cast.ada, "640.00")
    last_moment = datetime.fromisoformat("2026-11-30T23:59:59+08:00")
    freeze(last_moment)
    assert stage.sweep() == 0
    freeze(last_moment + timedelta(seconds=1))
    assert stage.sweep() == 1
    assert stage.sweep() == 0
    stage.work()
    assert number in stage.mails(stage.cast.max.email)[-1].text
    stage.fold()

    page = window(stage.cast.max).page
    expect(page.locator("#overdue .figure-value")).to_have_text("1")
    page.locator("#overdue").get_by_role("link").click()
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("¥640.00")
    expect(row).to_contain_text("30 Nov 2026")
    desk = window(stage.cast.rita).page
    expect(desk.get_by_role("row").filter(has_text=number)).to_contain_text("Overdue")
    desk.get_by_role("link", name=number).click()
    expect(desk.get_by_role("banner")).to_contain_text("Overdue")


def test_the_loser_of_two_reviewers_sees_who_decided_and_keeps_the_text(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    number = stage.apply(stage.cast.ada, "90.00")
    first, second = window(stage.cast.rita).page, window(stage.cast.rui).page
    for page in (first, second):
        page.get_by_role("link", name=number).click()
    second.get_by_label("Remarks").first.fill("All of it checked twice.")
    first.get_by_role("button", name="Approve").click()
    expect(first.get_by_role("status")).to_contain_text("Approved")
    second.get_by_role("button", name="Approve").click()
    told = second.get_by_role("alert")
    expect(told).to_contain_text("Rita Moreau")
    expect(told).to_contain_text("All of it checked twice.")
    assert stage.request(number).state == "approved"


def figure(page: Page, label: str) -> Locator:
    """The value of a figure on the customer's or the managers' page."""
    return page.locator(".figure").filter(has_text=label).locator(".figure-value")


def status(page: Page) -> Locator:
    """The status beside the page's title."""
    return page.get_by_role("banner").locator(".pill")


def number_on(page: Page) -> str:
    """The request number in the page's address."""
    page.wait_for_url(NUMBER)
    found = NUMBER.search(page.url)
    assert found, page.url
    return found.group()


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Load the page again and again until it shows what another process has to do first."""
    for _ in range(PATIENCE // 500):
        if holds():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"in vain: {page.get_by_role('main').text_content()}")
