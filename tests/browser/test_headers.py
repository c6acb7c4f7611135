"""A header from a pasted block, by keyboard alone, in both languages, at a desk and on a narrow screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from backoffice.headers import queries
from backoffice.headers.models import InvoiceHeader
from tests.browser.conftest import Screen
from tests.browser.test_looks import NARROW, STICKS_OUT, WIDE, looked_at
from tests.journeys.stage import LUMEN_HEADER, Stage

pytestmark = pytest.mark.browser

BLOCK = (
    "名称：云栖机器人（上海）有限公司\n税号：91500000MB60K9P35N\n地址、电话：上海市宜山路900号 021-64852200\n"
    "开户行及账号：建设银行上海分行 3105 0170 4200"
)
MEANT = "91500000MA60K9P35N"


# A radio button's ring is drawn around its whole card.
FOCUSED = """() => {
  const one = document.activeElement, shown = one.closest(".radio-card") || one, style = getComputedStyle(shown);
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || "";
  const ring = parseFloat(style.outlineWidth) >= 1 && style.outlineStyle !== "none" || style.boxShadow !== "none";
  return [one.tagName, name.trim().replace(/\\s+/g, " "), ring];
}"""


@dataclass(frozen=True)
class Words:
    """What the controls of the form are called."""

    paste: str
    text: str
    split: str
    name: str
    use: str
    save: str
    save_same: str
    history: str
    created: str


ENGLISH = Words("Paste header text", "Text to split", "Split into the fields", "Name", f"Use {MEANT}", "Save",
                "Save all the same", "History", "Created")  # fmt: skip
CHINESE = Words("粘贴抬头信息", "待拆分的文本", "拆分到各栏", "名称", f"改为 {MEANT}", "保存", "仍然保存", "历史记录",
                "已创建")  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "size", "words"), [("en", WIDE, ENGLISH), ("zh", NARROW, CHINESE)], ids=["en", "zh"]
)
def test_a_pasted_header_by_keyboard(
    stage: Stage, window: Callable[..., Screen], locale: str, size: dict[str, int], words: Words
) -> None:
    screen = window(stage.cast.ada, viewport=size)
    screen.page.context.add_cookies([{"name": "locale", "value": locale, "url": screen.site}])
    page = screen.open("/invoice-headers/new")
    tab_to(page, words.paste)
    page.keyboard.press("Enter")
    tab_to(page, words.text)
    page.keyboard.insert_text(BLOCK)
    tab_to(page, words.split)
    page.keyboard.press("Enter")
    # What the page fills in is not lost to what the browser kept of the empty fields.
    expect(page.locator("[name=name]")).to_have_value("云栖机器人（上海）有限公司")
    expect(page.locator("[name=bank_account]")).to_have_value("3105 0170 4200")
    expect(page.locator(".marked-code mark").first).to_be_visible()
    assert list(looked_at(page)) == []
    page.set_viewport_size(size)  # type: ignore[arg-type]
    repair_in_place(page, words)
    tab_to(page, words.save)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/invoice-headers$"))
    assert [header.tax_id for header in kept(stage)] == [LUMEN_HEADER["tax_id"], MEANT]
    tab_to(page, f"History of {LUMEN_HEADER['name']}" if locale == "en" else f"“{LUMEN_HEADER['name']}”的历史记录")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list").get_by_text(words.created)).to_be_visible()
    assert not page.evaluate(STICKS_OUT)


def repair_in_place(page: Page, words: Words) -> None:
    """The suggestion goes into the field without a page load; what was said of the wrong code goes with it."""
    page.evaluate("window.same = true")
    tab_to(page, words.use)
    page.keyboard.press("Enter")
    field = page.locator("[name=tax_id]")
    expect(field).to_have_value(MEANT)
    expect(field).to_be_focused()
    expect(page.locator("[data-tax-id-help]")).to_be_hidden()
    expect(page.locator("#tax_id-error")).to_be_hidden()
    assert page.evaluate("window.same") is True


def test_a_look_alike_is_told_and_what_was_typed_survives_a_look_at_it(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    page = window(stage.cast.lin, viewport=WIDE).open("/invoice-headers/new")
    page.get_by_label("Name", exact=True).fill(LUMEN_HEADER["name"])
    page.get_by_role("textbox", name="Tax ID").fill("91440300MA5DA0X7X5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Is it one of these headers?")).to_be_visible()
    assert list(looked_at(page)) == []
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=LUMEN_HEADER["name"]).click()
    expect(opened.value.get_by_label("Name", exact=True)).to_have_value(LUMEN_HEADER["name"])
    opened.value.close()
    page.get_by_role("button", name="Save all the same").click()
    page.wait_for_url(re.compile(r"/invoice-headers$"))
    assert len(kept(stage)) == 2
    page.get_by_role("link", name="Show removed headers").click()
    expect(page.get_by_text("Nothing was removed")).to_be_visible()


def kept(stage: Stage) -> list[InvoiceHeader]:
    """Lumen's headers, oldest first."""
    with stage.app.app_context():
        return sorted(queries.headers_of(stage.cast.lumen), key=lambda header: header.id)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus; every stop on the way shows that it has it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, reached, ring = page.evaluate(FOCUSED)
        assert ring or tag == "BODY", f"focus not to be seen: {tag} {reached}"
        if reached == name:
            return
    raise AssertionError(f"{name} is not reached with Tab on {page.url}")
