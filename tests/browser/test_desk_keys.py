"""The desk's keys one by one: rows are selected and decided on together, and keys rest where they must."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from backoffice.database import session
from backoffice.review import jobs
from tests.browser.conftest import Manner, Screen
from tests.browser.test_human_path import READ, WIDE, applied, heading_of
from tests.browser.test_looks import looked_at
from tests.browser.typist import Typist, name_of
from tests.journeys.stage import Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser

# Each language where the human path has the other one: with the pane in Chinese, without it in English.
CROSSED = [Manner("zh", 1280), Manner("en", 320)]


@pytest.mark.parametrize("manner", CROSSED, ids=name_of, indirect=True)
def test_rows_are_selected_and_decided_on_by_keys(
    stage: Stage, typist: Callable[[Person], Typist], manner: Manner
) -> None:
    numbers = applied(stage, 6)
    rita = typist(stage.cast.rita)
    rita.open("/review")
    said = rita.page.locator("[data-pick-said]")
    if manner.width > 1200:
        pane_in_the_readers_language(rita, numbers[0])
    if manner.width > 1200:
        headings_stand_above_their_values_on_paper(rita.page)
    for key in ("x", "j", "j", "x"):
        rita.keys.press(key)
    expect(said).to_have_text(rita.word("%(count)s selected, %(sum)s", count=2, sum="¥20.00"))
    for key in ("j", "j", "Shift+X"):
        rita.keys.press(key)
    expect(said).to_have_text(rita.word("%(count)s selected, %(sum)s", count=4, sum="¥40.00"))
    rita.keys.press("a")  # for what is selected, not for the one beside it; it asks once more
    rita.page.wait_for_url("**/review/bulk/new?*")
    assert {stage.request(number).state for number in numbers} == {"pending"}
    rita.toggle(rita.page.locator("#bulk-doubts"))
    rita.enter(rita.page.locator("form.form button[type=submit]"))
    rita.page.wait_for_url(re.compile(r"/review/bulk/\d+$"))
    with stage.app.app_context():
        jobs.work_off()
        session.remove()
    expect(rita.page.get_by_role("progressbar")).to_have_count(0)
    states = [stage.request(number).state for number in numbers]
    assert states == ["approved", "pending", "approved", "approved", "approved", "pending"]


def headings_stand_above_their_values_on_paper(page: Page) -> None:
    """Paper has no boxes to tick: neither the column nor its heading."""
    page.emulate_media(media="print")
    left = "row => [...row.cells].filter(cell => cell.checkVisibility()).map(cell => cell.getBoundingClientRect().left)"
    head, row = (
        page.locator(rows).first.evaluate(left) for rows in ("main thead tr", "main tbody tr:not(:has(template))")
    )
    assert head == row
    page.emulate_media(media="screen")


def pane_in_the_readers_language(rita: Typist, number: str) -> None:
    """Beside the queue stands the request with its verdicts; a claim there leads back to the queue and its ticks."""
    pane = rita.page.locator("[data-preview]")
    expect(pane.locator(".topbar-summary")).to_contain_text(number)
    for english in ("Approve", "Reject", "Ask the customer", "Claim"):
        expect(
            pane.get_by_role("button", name=rita.word(english))
            .or_(pane.get_by_role("link", name=rita.word(english)))
            .first
        ).to_be_visible()
    rita.keys.press("x")
    rita.keys.press("m")
    expect(pane.get_by_role("button", name=rita.word("Release"))).to_be_visible()
    assert rita.page.url.endswith(f"/review#{number}")
    expect(rita.page.locator("[data-pick]:checked")).to_have_count(1)
    expect(rita.page.locator("[data-pick-act=approve]")).to_be_enabled()
    rita.keys.press("x")


def test_keys_press_what_the_page_shows(stage: Stage, window: Callable[..., Screen]) -> None:
    (number,) = applied(stage, 1)
    page = window(stage.cast.rita).open(f"/review/{number}")
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    heading_of(page, number)
    composed(page, "h", composing=True)
    expect(page.locator("dialog[open]")).to_have_count(0)
    composed(page, "h", composing=False)
    expect(page.locator("dialog#hold")).to_be_visible()
    page.keyboard.press("Escape")
    page.context.route("**/draft.pdf", lambda route: route.fulfill(body="drawn elsewhere"))
    with page.context.expect_page() as opened:
        page.keyboard.press("o")
    assert opened.value.url.endswith(f"/review/{number}/draft.pdf")
    opened.value.close()
    for sequence, address in (("gi", "/review?view=issued"), ("gq", "/review")):
        page.keyboard.type(sequence)
        page.wait_for_url(f"**{address}")
        page.wait_for_load_state("load")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("gq?xz")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("gq?xz")


def composed(page: Page, key: str, *, composing: bool) -> None:
    """A stroke as an input method sends it while it has not decided what it means, or an ordinary one."""
    page.evaluate(
        "(init) => document.body.dispatchEvent(new KeyboardEvent('keydown', { ...init, bubbles: true }))",
        {"key": key, "isComposing": composing},
    )


def test_single_keys_rest_when_they_are_switched_off(stage: Stage, window: Callable[..., Screen]) -> None:
    first, second = applied(stage, 2)
    screen = window(stage.cast.rita, viewport=WIDE)
    screen.open("/shortcuts").get_by_role("group", name="Single keys").get_by_role("button", name="Off").click()
    expect(screen.page.get_by_text("Single keys are switched off.")).to_be_visible()
    page = screen.open("/review")
    heading = page.locator("[data-preview] .topbar-summary")
    expect(heading).to_contain_text(first)
    page.wait_for_timeout(500)
    for key in ("j", "x", "a", "r", "n", "?", "/"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    expect(page.locator("tr[aria-current]")).to_contain_text(first)
    expect(page.locator("[data-pick]:checked, dialog[open], :focus-visible")).to_have_count(0)
    assert [stage.request(number).state for number in (first, second)] == ["pending", "pending"]
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input")).to_be_focused()


EARLY = "That key came too early and did nothing. Look at what is on the screen, then press it again."


def test_a_verdict_on_what_nobody_has_read_is_not_taken_and_says_so(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    first, second = applied(stage, 2)
    screen = window(stage.cast.rita, viewport=WIDE)
    screen.page.add_init_script("""
      const passed = performance.now.bind(performance);
      performance.now = () => (window.hasTimeToRead ? passed() : 0);
    """)
    page = screen.open(f"/review/{first}")
    told = page.get_by_role("status").get_by_text(EARLY)
    for _ in range(2):
        page.keyboard.press("a")
        expect(told).to_have_count(1)
    assert stage.request(first).state == "pending"
    assert list(looked_at(page)) == []
    page.evaluate("window.hasTimeToRead = true")
    page.wait_for_timeout(READ)
    page.keyboard.press("a")
    heading_of(page, second)
    expect(told).to_have_count(0)
    assert stage.request(first).state == "approved"


def test_a_stroke_while_a_verdict_is_on_its_way_is_told_on_the_next_page(
    stage: Stage, window: Callable[..., Screen]
) -> None:
    first, second, third = applied(stage, 3)
    page = window(stage.cast.rita, viewport=WIDE).open(f"/review/{first}")
    heading_of(page, first)
    page.evaluate("""() => addEventListener("submit", () => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
    })""")
    page.keyboard.press("a")
    heading_of(page, second)
    told = page.get_by_role("status").get_by_text(EARLY)
    expect(told).to_be_visible()
    assert [stage.request(number).state for number in (first, second)] == ["approved", "pending"]
    page.keyboard.press("a")
    heading_of(page, third)
    expect(told).to_have_count(0)


def test_a_key_right_after_escape_is_not_taken_for_typing(stage: Stage, window: Callable[..., Screen]) -> None:
    page = window(stage.cast.rita, viewport={"width": 1280, "height": 900}).open("/review")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input")).to_be_focused()
    # The focus leaves the shut dialog when the browser paints; on a busy machine the next stroke comes before that.
    page.evaluate("""() => {
      const field = document.querySelector("#palette input");
      document.querySelector("#palette").close();
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, cancelable: true }));
    }""")
    expect(page.locator("#shortcut-sheet dt").first).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_cell_of_a_narrow_list_says_its_column(stage: Stage, window: Callable[..., Screen], language: str) -> None:
    applied(stage, 1)
    page = window(stage.cast.rita, viewport={"width": 320, "height": 640}).open("/review?view=all")
    page.goto(page.url.partition("/review")[0] + "/review?view=all")
    if language == "zh":
        page.evaluate("document.cookie = 'locale=zh; path=/'")
        page.reload()
    columns = page.locator(".requests thead th").all_inner_texts()
    cells = [cell for cell in page.locator(".requests th ~ td").all() if cell.inner_text().strip()]
    names = [cell.evaluate("one => getComputedStyle(one, '::before').content.slice(1, -1)") for cell in cells]
    assert len(names) > 4
    assert set(names) <= {column.strip() for column in columns} - {""}


def test_the_ends_of_a_list_are_told(stage: Stage, window: Callable[..., Screen]) -> None:
    applied(stage, 2)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    for key, end in (("j", "Last of the list"), ("k", "First of the list")):
        for _ in range(4):
            page.keyboard.press(key)
        expect(page.locator("#announcer")).to_have_text(end)


def test_control_enter_in_the_remarks_approves(stage: Stage, window: Callable[..., Screen]) -> None:
    first, second = applied(stage, 2)
    page = window(stage.cast.rita, viewport=WIDE).open(f"/review/{first}")
    page.wait_for_timeout(500)
    page.get_by_role("textbox", name="Remarks").first.fill("All fine.")
    page.keyboard.press("Control+Enter")
    heading_of(page, second)
    expect(page.get_by_role("status").get_by_text(EARLY)).to_have_count(0)
    assert stage.request(first).state == "approved"


def test_the_palette_knows_what_has_no_key(stage: Stage, window: Callable[..., Screen]) -> None:
    (first,) = applied(stage, 1)
    page = window(stage.cast.rita, viewport=WIDE).open("/review")
    for address, names in (("/review", ("Bulk actions", "Save this view")), (f"/review/{first}", ("Hand over",))):
        page.goto(page.url.partition("/review")[0] + address)
        for name in names:
            page.keyboard.press("Control+k")
            page.locator("#palette input").fill(name)
            expect(page.locator("#palette [role='option'][aria-selected='true']")).to_have_text(name)
            page.keyboard.press("Escape")


def test_pane_palette_and_sheet_are_accessible(stage: Stage, window: Callable[..., Screen]) -> None:
    (number,) = applied(stage, 1)
    page = window(stage.cast.rita, viewport={"width": 1280, "height": 900}).open("/review")
    expect(page.locator("[data-preview] .topbar-summary")).to_contain_text(number)
    faults = [f"pane: {fault}" for fault in looked_at(page)]
    for key, dialog in (("Control+k", "#palette"), ("?", "#shortcut-sheet")):
        page.keyboard.press(key)
        expect(page.locator(f"{dialog} :is([role=option], dt)").first).to_be_visible()
        faults += [f"{dialog}: {fault}" for fault in looked_at(page)]
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()
    assert not faults, "\n".join(faults)
    page.set_viewport_size({"width": 1100, "height": 900})
    expect(page.locator("[data-narrow]")).to_be_attached()  # scripts hear of a new width in the next frame
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("no request stands beside the list. Open it with Enter first.")


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (320, 640)])
def test_the_verdict_stays_in_view_and_covers_no_focus(
    stage: Stage, window: Callable[..., Screen], width: int, height: int
) -> None:
    (number,) = applied(stage, 1)
    page = window(stage.cast.rita, viewport={"width": width, "height": height}).open(f"/review/{number}")
    bar = page.locator(".decision .form-actions")
    for name in ("Approve", "Reject"):
        expect(bar.get_by_role("button", name=name).or_(bar.get_by_role("link", name=name))).to_be_in_viewport(ratio=1)
    taken = bar.bounding_box()
    assert taken is not None
    assert taken["height"] < height / 4
    for field in ("#approve-remarks", "#note"):
        page.evaluate("scrollTo(0, 0)")
        page.focus(field)
        box = page.locator(field).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= taken["y"]
    assert list(looked_at(page)) == []
