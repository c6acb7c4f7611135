"""After applying: correct the address, withdraw, mend what was rejected, and the issued invoice with its mails."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, expect

from backoffice import clock
from backoffice.database import transaction
from backoffice.delivery import jobs as delivery
from backoffice.delivery import services as messages
from backoffice.delivery.rules import MessageState, Outcome
from backoffice.issuing import jobs as issuing
from tests.browser.typist import Typist
from tests.journeys.stage import LUMEN_HEADER, Stage, text_of
from tests.support.people import Person

pytestmark = pytest.mark.browser

RIGHT_ID = "91440300MA5DA0X7X5"
WRONG, RIGHT = "boss@lumen.exmaple", "boss@lumen.example"


def status(ada: Typist) -> Locator:
    """The status beside the page's title."""
    return ada.page.get_by_role("banner").locator(".pill")


def test_correct_withdraw_resubmit(stage: Stage, typist: Callable[[Person], Typist]) -> None:
    number = stage.apply(stage.cast.ada, "500.00", remarks="PO 1")
    ada = typist(stage.cast.ada)
    ada.open("/invoices")
    ada.enter(ada.named("link", number))
    ada.arrives_at(number)
    expect(status(ada)).to_have_text(ada.word("Pending"))
    the_address_is_corrected(ada, stage, number)
    stage.reject(number)
    ada.open(f"/invoices/{number}")
    expect(status(ada)).to_have_text(ada.word("Rejected"))
    # The reason stands beside the field it means.
    term = ada.page.locator(".fact").filter(has=ada.page.get_by_text(ada.word("Tax ID"), exact=True))
    expect(term).to_contain_text(LUMEN_HEADER["tax_id"])
    expect(term).to_contain_text(ada.word("To correct"))
    expect(term).to_contain_text("税号与名称不符")
    ada.press("link", "Resubmit")
    ada.arrives("Apply for Invoice")
    second = the_header_is_corrected_where_it_is_wrong(ada, number)
    assert stage.request(second).resubmission_of_id == stage.request(number).id
    it_is_withdrawn(ada)
    ada.go("Invoices")
    ada.arrives("Invoices")
    expect(ada.page.locator(".figure").first).to_contain_text("12,500.00")


def the_address_is_corrected(ada: Typist, stage: Stage, number: str) -> None:
    """A wrong one is refused beside its field; the right one stands in the timeline, with the role of who corrected."""
    ada.press("link", "Correct the address")
    ada.arrives("Correct the address")
    ada.fill("Receiving Email", "wrong@")
    ada.press("button", "Save")
    expect(ada.field("Receiving Email")).to_have_attribute("aria-invalid", "true")
    expect(ada.field("Receiving Email")).to_have_value("wrong@")
    ada.fill("Receiving Email", "right@lumen.example")
    ada.press("button", "Save")
    ada.arrives_at(number)
    entry = ada.control("list", "What happened").get_by_role("listitem").filter(has_text=ada.word("Address corrected"))
    expect(entry).to_contain_text("right@lumen.example")
    expect(entry).to_contain_text(ada.word("Customer"))
    assert stage.request(number).email == "right@lumen.example"


def the_header_is_corrected_where_it_is_wrong(ada: Typist, number: str) -> str:
    """From the form to the field of the header and back; the review says what is other than before."""
    ada.reads("To be corrected:")
    expect(ada.field("Remarks")).to_have_value("PO 1")
    ada.fill("Remarks", "PO 2")
    ada.press("button", "Correct this header")
    ada.arrives("Edit header")
    expect(ada.field("Tax ID")).to_be_focused()
    ada.keys.type(RIGHT_ID)
    ada.press("button", "Save and go on")
    ada.arrives("Apply for Invoice")
    expect(ada.field("Remarks")).to_have_value("PO 2")
    ada.press("button", "Review")
    ada.arrives("Review and submit")
    changes = ada.control("table", "Changed since %(number)s", number=number)
    for said in (LUMEN_HEADER["tax_id"], RIGHT_ID, "PO 1", "PO 2"):
        expect(changes).to_contain_text(said)
    ada.press("button", "Submit")
    ada.hears("Your request is submitted. We finish it by %(day)s.")
    second = ada.page.url.rpartition("/")[2]
    # The timeline of each leads to the other.
    ada.enter(ada.control("list", "What happened").get_by_role("link", name=number))
    ada.arrives_at(number)
    ada.enter(ada.control("list", "What happened").get_by_role("link", name=second))
    ada.arrives_at(second)
    return second


def it_is_withdrawn(ada: Typist) -> None:
    """The dialog asks once; Escape keeps the request and gives the focus back."""
    opener = ada.control("link", "Withdraw")
    ada.enter(opener)
    dialog = ada.control("dialog", "Withdraw this request?")
    expect(dialog).to_be_visible()
    ada.fits()
    ada.keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    ada.keys.press("Enter")
    ada.enter(dialog.get_by_role("button", name=ada.word("Withdraw"), exact=True))
    expect(status(ada)).to_have_text(ada.word("Withdrawn"))


def test_issued_mailed_sent_again_printed(stage: Stage, typist: Callable[[Person], Typist]) -> None:
    number = stage.approve(stage.apply(stage.cast.ada, "7409.50", remarks="采购单 PO-4500", copies=WRONG))
    it_is_issued_and_the_copy_comes_back(stage)
    issued = stage.request(number)
    ada = typist(stage.cast.ada)
    ada.open(f"/invoices/{number}")
    expect(status(ada)).to_have_text(ada.word("Issued"))
    timeline = ada.control("list", "What happened")
    entry = timeline.get_by_role("listitem").filter(has_text=str(issued.invoice_number))
    expect(entry).to_contain_text(ada.word("Mailed"))
    expect(entry).to_contain_text(stage.cast.ada.email)
    name, content = ada.download(ada.control("link", "Download"))
    assert name.endswith(f"{LUMEN_HEADER['name']}.pdf")
    assert content == stage.document(number)
    printed = text_of(content)
    for said in (issued.invoice_number, "7,409.50", "柒仟肆佰零玖元伍角整", "采购单 PO-4500"):
        assert str(said) in printed
    it_is_sent_again(ada, stage, number)
    it_is_printed(ada)


def it_is_issued_and_the_copy_comes_back(stage: Stage) -> None:
    """The worker issues and mails, and the server of the address that was typed wrong knows nobody."""
    with stage.app.app_context(), clock.shifted(timedelta(seconds=1)):
        issuing.issue_due()
        delivery.send_due(limit=2)  # that it was submitted, and the invoice, to Ada
        with transaction():
            copy = messages.take(clock.now(), 60)
            assert copy is not None
            assert (copy.recipient, copy.lease is None) == (WRONG, False)
            refusal = Outcome(MessageState.FAILED, "550 5.1.1 No such user")
            assert messages.record_outcome(copy.id, copy.lease or "", refusal, now=clock.now())


def go_to_send_again(ada: Typist, address: str) -> None:
    """The link beside the mail to that address."""
    to = ada.word("to %(address)s", address=address)
    ada.enter(ada.named("link", re.compile(f"{ada.word('Send again')}\\s*{re.escape(to)}")))
    ada.arrives("Send the invoice again")


def it_is_sent_again(ada: Typist, stage: Stage, number: str) -> None:
    """The same bytes leave once more; the timeline says so, and what became of the second mail."""
    before = len(stage.mails(stage.cast.ada.email))
    go_to_send_again(ada, stage.cast.ada.email)
    ada.press("button", "Send again")
    ada.arrives_at(number)
    timeline = ada.control("list", "What happened")
    expect(timeline).to_contain_text(ada.word("Invoice sent again"))
    expect(timeline).to_contain_text(ada.word("Mail on its way"))
    it_is_sent_to_a_corrected_address(ada, stage, number)
    stage.work()
    mails = stage.mails(stage.cast.ada.email)
    assert len(mails) == before + 1
    for mail in (mails[-1], *stage.mails(RIGHT)):
        assert [each.content for each in mail.attachments] == [stage.document(number)]
    ada.open(f"/invoices/{number}")
    expect(timeline).not_to_contain_text(ada.word("Mail on its way"))
    expect(timeline).not_to_contain_text(ada.word("Mail failed"))
    mailed = timeline.get_by_role("listitem").filter(has_text=ada.word("Mailed")).locator(".mail-truth")
    expect(mailed.filter(has_text=RIGHT)).to_contain_text(ada.word("Mailed"))


def it_is_sent_to_a_corrected_address(ada: Typist, stage: Stage, number: str) -> None:
    """The page says which mail failed and takes another address, to which later mails go as well."""
    failed = ada.word(
        "%(address)s did not accept it. Correct the address and send it again, or download the invoice here.",
        address=WRONG,
    )
    timeline = ada.control("list", "What happened")
    expect(timeline).to_contain_text(ada.word("Mail failed"))
    expect(timeline).to_contain_text(failed)
    go_to_send_again(ada, WRONG)
    expect(ada.field("Receiving Email")).to_have_value(WRONG)
    ada.fill("Receiving Email", RIGHT)
    ada.press("button", "Send again")
    ada.arrives_at(number)
    ada.hears("The invoice is on its way to %(address)s.")
    expect(timeline).not_to_contain_text(failed)
    expect(timeline).to_contain_text(ada.word("to %(address)s instead of %(former)s", address=RIGHT, former=WRONG))
    assert stage.request(number).copies == [RIGHT]


def it_is_printed(ada: Typist) -> None:
    """One key and no other page; on paper stands the request alone."""
    page = ada.page
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    ada.press("link", "Print")
    expect(page).to_have_title("printed")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("link", name=re.compile(ada.word("Send again")))).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("7,409.50")
    page.emulate_media(media="screen")


def test_paper_is_white_and_nothing_can_be_done_on_it(stage: Stage, typist: Callable[[Person], Typist]) -> None:
    number = stage.approve(stage.apply(stage.cast.ada, "7409.50"))
    stage.work()
    ada = typist(stage.cast.ada)
    ada.page.context.add_cookies([{"name": "theme", "value": "dark", "url": ada.site}])
    ada.open(f"/invoices/{number}?print=1")
    seen = ada.page.evaluate("""() => [document.body, document.querySelector(".card")]
      .flatMap((one) => [getComputedStyle(one).colorScheme, getComputedStyle(one).backgroundColor])""")
    assert seen == ["light", "rgb(255, 255, 255)", "light", "rgb(255, 255, 255)"]
    assert ada.page.get_by_role("button").all_inner_texts() == [ada.word("Print")]
    expect(ada.page.get_by_role("link", name=re.compile(ada.word("Send again")))).to_have_count(0)
    ada.reads("Mailed")
    ada.page.evaluate("window.print = () => { document.title = 'printed'; }")
    ada.press("button", "Print")
    expect(ada.page).to_have_title("printed")
    ada.press("link", "Back")
    ada.page.wait_for_url(re.compile(rf"/invoices/{number}$"))
