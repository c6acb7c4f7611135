"""A customer's headers: pasted, repaired, saved once, doubted, edited, their history, removed and restored."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from backoffice.headers import queries, services
from backoffice.headers.models import InvoiceHeader
from tests.browser.test_looks import looked_at
from tests.browser.typist import Typist
from tests.journeys.stage import LUMEN_HEADER, Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser

NAME, MEANT = "云栖机器人（上海）有限公司", "91500000MA60K9P35N"
BLOCK = (
    f"名称：{NAME}\n税号：91500000MB60K9P35N\n地址、电话：上海市宜山路900号 021-64852200\n"
    "开户行及账号：建设银行上海分行 3105 0170 4200"
)
PASTED = (("Bank account", "3105 0170 4200"), ("Phone", "021-64852200"))
SPECIAL = {
    "Address": "上海市张江路88号",
    "Phone": "021-50800001",
    "Bank": "招商银行张江支行",
    "Bank account": "1219 0000 8888",
}


def test_headers(stage: Stage, typist: Callable[[Person], Typist]) -> None:
    ada = typist(stage.cast.ada)
    ada.open("/invoices")
    ada.go("Invoice Headers")
    ada.arrives("Invoice Headers")
    ada.press("link", "New header")
    ada.arrives("New header")
    a_block_is_pasted_and_its_tax_id_repaired(ada)
    ada.enter_twice(ada.control("button", "Save"))
    ada.arrives("Invoice Headers")
    assert [(header.name, header.tax_id) for header in kept(stage)][1:] == [(NAME, MEANT)]  # one, not two
    a_twin_is_refused(ada, stage)
    vat_special_asks_for_address_and_bank(ada)
    a_look_alike_is_asked_about(ada, stage)
    it_is_edited_and_its_history_tells(ada)
    it_is_removed_and_restored(ada, stage)


def a_block_is_pasted_and_its_tax_id_repaired(ada: Typist) -> None:
    """The block fills what is empty and saves nothing; what it says otherwise, and a repair, are taken by a button."""
    ada.fill("Name", "云栖机器人")
    ada.enter(ada.page.locator("summary").filter(has_text=ada.word("Paste header text")))
    ada.fill("Text to split", BLOCK)
    ada.press("button", "Split into the fields")
    offer = ada.control("button", "Use this for %(field)s", field=ada.word("Name"))
    expect(offer).to_be_visible()
    ada.fits()
    expect(ada.field("Name")).to_have_value("云栖机器人")
    for name, value in PASTED:
        expect(ada.field(name)).to_have_value(value)
    expect(ada.page.locator(".marked-code mark").first).to_be_visible()
    assert list(looked_at(ada.page)) == []
    ada.page.set_viewport_size(ada.manner.size)
    ada.page.evaluate("window.same = true")
    ada.enter(offer)
    expect(ada.field("Name")).to_have_value(NAME)
    expect(ada.field("Name")).to_be_focused()
    expect(offer).to_be_hidden()
    ada.press("button", "Use %(suggestion)s", suggestion=MEANT)
    expect(ada.field("Tax ID")).to_have_value(MEANT)
    expect(ada.field("Tax ID")).to_be_focused()
    expect(ada.page.locator("#tax_id-error")).to_be_hidden()
    assert ada.page.evaluate("window.same") is True, "the page was loaded anew"


def a_twin_is_refused(ada: Typist, stage: Stage) -> None:
    """Exactly the same header is refused beside its name, which says whose twin it is; nobody can insist."""
    ada.press("link", "New header")
    ada.arrives("New header")
    ada.fill("Name", LUMEN_HEADER["name"])
    ada.fill("Tax ID", LUMEN_HEADER["tax_id"])
    ada.keys.press("Enter")
    told = ada.word("The header %(name)s says all the same already. Use that one, or change it.", **LUMEN_HEADER)
    expect(ada.field("Name")).to_have_accessible_description(re.compile(re.escape(told)))
    expect(ada.page.get_by_role("alert").first).to_be_focused()
    expect(ada.page.get_by_role("main").get_by_role("link", name=re.compile(LUMEN_HEADER["name"]))).to_be_visible()
    expect(ada.control("button", "Save all the same")).to_have_count(0)
    ada.fits()
    assert len(kept(stage)) == 2


def vat_special_asks_for_address_and_bank(ada: Typist) -> None:
    """Chosen, it opens the four fields and cannot do without any of them."""
    ada.keys.to(ada.page.get_by_role("radio").first)
    ada.keys.pick(ada.page.get_by_role("radio", name=re.compile(ada.word("Public body or other"))))
    expect(ada.field("Address")).to_be_hidden()
    ada.keys.to(ada.control("radio", "VAT ordinary"))
    ada.keys.pick(ada.control("radio", "VAT special"))
    expect(ada.field("Address")).to_be_visible()
    it_waits_while_the_header_is_a_persons(ada)
    ada.press("button", "Save")
    expect(ada.page.get_by_role("alert").get_by_role("listitem")).to_have_count(len(SPECIAL))
    ada.fits()
    for name, text in SPECIAL.items():
        expect(ada.field(name)).to_have_attribute("aria-invalid", "true")
        expect(ada.field(name)).to_have_accessible_description(re.compile(ada.word("Please fill this in.")))
        ada.fill(name, text)


def it_waits_while_the_header_is_a_persons(ada: Typist) -> None:
    """A person gets none, and the choice stands again as soon as the header is somebody else's."""
    for kind in ("Personal", "Enterprise", "Personal", "Public body or other"):
        ada.keys.to(ada.page.locator("[name='kind']:checked"))
        ada.keys.pick(ada.page.get_by_role("radio", name=re.compile(f"^{ada.word(kind)}")))
        special = ada.page.locator("[name='vat_kind'][value='special']")
        if kind == "Personal":
            expect(special).not_to_be_checked()
            expect(special).to_be_hidden()
        else:
            expect(special).to_be_checked()


def a_look_alike_is_asked_about(ada: Typist, stage: Stage) -> None:
    """A looked-for twin opens in a tab of its own, the form stays as it was, and one may insist."""
    ada.keys.press("Enter")
    ada.reads("Is it one of these headers?")
    ada.fits()
    twin = ada.page.get_by_role("main").get_by_role("link", name=re.compile(LUMEN_HEADER["name"]))
    ada.keys.to(twin)
    with ada.page.context.expect_page() as opened:
        ada.keys.press("Enter")
    expect(opened.value.get_by_label(ada.word("Name"), exact=True)).to_have_value(LUMEN_HEADER["name"])
    opened.value.close()
    ada.press("button", "Save all the same")
    ada.arrives("Invoice Headers")
    ada.reads("VAT special")
    (made,) = kept(stage)[2:]
    assert (made.name, made.kind, made.vat_kind) == (LUMEN_HEADER["name"], "public_body", "special")
    assert [made.address, made.phone, made.bank, made.bank_account] == list(SPECIAL.values())


def it_is_edited_and_its_history_tells(ada: Typist) -> None:
    """Another name, and the history says what it was before."""
    ada.press("link", "Edit %(name)s", name=NAME)
    ada.arrives("Edit header")
    ada.fill("Name", "云栖机器人有限公司")
    ada.press("button", "Save")
    ada.arrives("Invoice Headers")
    ada.press("link", "History of %(name)s", name="云栖机器人有限公司")
    ada.arrives("History of a header")
    changes = ada.control("list", "Changes of this header")
    expect(changes).to_contain_text(ada.word("Before: %(value)s", value=NAME))
    expect(changes).to_contain_text(ada.word("Created"))
    ada.go("Invoice Headers")
    ada.arrives("Invoice Headers")


def it_is_removed_and_restored(ada: Typist, stage: Stage) -> None:
    """The dialog asks once; what was removed stands on a page of its own until it is restored.

    Somebody else of the account has made one with its tax ID since: the way back asks about that one first.
    """
    name = "云栖机器人有限公司"
    card = ada.page.get_by_role("region", name=name, exact=True)
    ada.enter(card.get_by_role("link", name=ada.word("Remove"), exact=True))
    dialog = ada.control("dialog", "Remove this header?")
    expect(dialog).to_contain_text(name)
    ada.enter(dialog.get_by_role("button", name=ada.word("Remove"), exact=True))
    expect(card).to_have_count(0)
    ada.press("link", "Show removed headers")
    ada.arrives("Removed headers")
    lin = stage.cast.lin
    stage.do(services.create, lin.actor, {"kind": "enterprise", "name": NAME, "tax_id": MEANT})
    ada.enter(card.get_by_role("button", name=ada.word("Restore"), exact=True))
    ada.arrives("Restore this header?")
    ada.reads("Is it one of these headers?")
    expect(ada.page.get_by_role("listitem").filter(has_text=NAME)).to_contain_text(ada.word("same tax ID"))
    ada.press("button", "Restore all the same")
    ada.arrives("Invoice Headers")
    expect(card).to_be_visible()
    expect(card).to_contain_text(ada.word("Created by %(name)s", name=stage.cast.ada.name))
    other = ada.page.get_by_role("region", name=NAME, exact=True)
    expect(other).to_contain_text(ada.word("Created by %(name)s", name=lin.name))
    assert [header.created_by for header in kept(stage)][1:] == [stage.cast.ada.id, stage.cast.ada.id, lin.id]


def kept(stage: Stage) -> list[InvoiceHeader]:
    """Lumen's headers, oldest first."""
    with stage.app.app_context():
        return sorted(queries.headers_of(stage.cast.lumen), key=lambda header: header.id)
