"""A customer's headers: pasted, repaired, doubted, edited, their history, removed and restored."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from backoffice.headers import queries
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
PASTED = (("Name", NAME), ("Bank account", "3105 0170 4200"), ("Phone", "021-64852200"))


def test_headers(stage: Stage, typist: Callable[[Person], Typist]) -> None:
    ada = typist(stage.cast.ada)
    ada.open("/invoices")
    ada.go("Invoice Headers")
    ada.arrives("Invoice Headers")
    ada.press("link", "New header")
    ada.arrives("New header")
    a_block_is_pasted_and_its_tax_id_repaired(ada)
    ada.press("button", "Save")
    ada.arrives("Invoice Headers")
    assert [header.tax_id for header in kept(stage)] == [LUMEN_HEADER["tax_id"], MEANT]
    a_look_alike_is_asked_about(ada, stage)
    it_is_edited_and_its_history_tells(ada)
    it_is_removed_and_restored(ada, stage)


def a_block_is_pasted_and_its_tax_id_repaired(ada: Typist) -> None:
    """The block fills the fields and saves nothing; the wrong symbol is shown, and repaired where it stands."""
    ada.enter(ada.page.locator("summary").filter(has_text=ada.word("Paste header text")))
    ada.fill("Text to split", BLOCK)
    ada.press("button", "Split into the fields")
    expect(ada.field("Name")).to_have_value(NAME)
    ada.fits()
    for name, value in PASTED:
        expect(ada.field(name)).to_have_value(value)
    expect(ada.page.locator(".marked-code mark").first).to_be_visible()
    assert list(looked_at(ada.page)) == []
    ada.page.set_viewport_size(ada.manner.size)
    ada.page.evaluate("window.same = true")
    ada.press("button", "Use %(suggestion)s", suggestion=MEANT)
    expect(ada.field("Tax ID")).to_have_value(MEANT)
    expect(ada.field("Tax ID")).to_be_focused()
    expect(ada.page.locator("#tax_id-error")).to_be_hidden()
    assert ada.page.evaluate("window.same") is True, "the page was loaded anew"


def a_look_alike_is_asked_about(ada: Typist, stage: Stage) -> None:
    """A looked-for twin opens in a tab of its own, the form stays as it was, and one may insist."""
    ada.press("link", "New header")
    ada.arrives("New header")
    ada.keys.to(ada.page.get_by_role("radio").first)
    ada.keys.pick(ada.page.get_by_role("radio", name=re.compile(ada.word("Public body or other"))))
    ada.fill("Name", LUMEN_HEADER["name"])
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
    assert [(header.name, header.kind) for header in kept(stage)][2:] == [(LUMEN_HEADER["name"], "public_body")]


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
    """The dialog asks once; what was removed stands on a page of its own until it is restored."""
    name = "云栖机器人有限公司"
    card = ada.page.get_by_role("region", name=name, exact=True)
    ada.enter(card.get_by_role("link", name=ada.word("Remove"), exact=True))
    dialog = ada.control("dialog", "Remove this header?")
    expect(dialog).to_contain_text(name)
    ada.enter(dialog.get_by_role("button", name=ada.word("Remove"), exact=True))
    expect(card).to_have_count(0)
    ada.press("link", "Show removed headers")
    ada.arrives("Removed headers")
    ada.enter(card.get_by_role("button", name=ada.word("Restore"), exact=True))
    ada.arrives("Invoice Headers")
    expect(card).to_be_visible()
    assert len(kept(stage)) == 3


def kept(stage: Stage) -> list[InvoiceHeader]:
    """Lumen's headers, oldest first."""
    with stage.app.app_context():
        return sorted(queries.headers_of(stage.cast.lumen), key=lambda header: header.id)
