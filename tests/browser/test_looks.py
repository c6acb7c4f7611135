"""Every page in a real browser: axe finds nothing in either theme, nothing sticks out or is cut off at 320 px."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize, expect

from tests.access.atlas import NOT_OURS, NOT_PAGES, Atlas, readable
from tests.browser import extremes
from tests.browser.conftest import Screen, dialog_link
from tests.journeys.stage import Stage
from tests.support.people import Person

pytestmark = pytest.mark.browser

WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}
ROOMS = {"portal": "ada", "headers": "ada", "review": "rita", "messages": "rita", "sla": "max", "accounts": "ana"}
ROOMS |= {"accounts.login": "nobody", "issuing.seller": "ana"}
ROOMS |= {"sla.policies": "ana", "sla.policy": "ana", "sla.policy_change": "ana"}
# Themes differ in colours alone: the rest of the rules need one look.
Rules = Mapping[str, dict[str, Any]]
ALL: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = "color-contrast"
RULES: Rules = {"light": ALL, "dark": {"runOnly": {"type": "rule", "values": [COLOURS]}}}
# Another example of a route has other words and figures in the first one's colours, which take most of axe's time.
WITHOUT_COLOURS: Rules = {"light": {**ALL, "rules": {COLOURS: {"enabled": False}}}}
# What stands around every page of a person: looked at on the first of them.
SHELL = ("#navigation", "#user-menu", "#palette", "#shortcut-sheet")
ENOUGH = 3  # examples of a route; the atlas names the different ones first
STICKS_OUT = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CULPRITS = """() => {
  const scrolls = (box) => box && box !== document.documentElement &&
    (/auto|scroll|hidden|clip/.test(getComputedStyle(box).overflowX) || scrolls(box.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter((one) => !scrolls(one.parentElement)).slice(0, 3).map((one) => one.outerHTML.slice(0, 90));
}"""

# What a box cuts off without a bar to scroll it into view, an ellipsis aside: a page that fits and does not say all.
CUT_OFF = """() => {
  const cutter = (box) => {
    const { overflowX, textOverflow } = getComputedStyle(box);
    if (/auto|scroll/.test(overflowX) || textOverflow === "ellipsis" || box.clientWidth < 2) return null;
    return /hidden|clip/.test(overflowX) ? box : box.parentElement && cutter(box.parentElement);
  };
  const cut = (one) => {
    const box = one.parentElement && one.textContent.trim() && one.checkVisibility() && cutter(one.parentElement);
    return box && one.getBoundingClientRect().right > box.getBoundingClientRect().right + 1;
  };
  return [...document.body.querySelectorAll("*")].filter(cut).slice(0, 3).map((one) => one.outerHTML.slice(0, 90));
}"""


def test_every_page_is_accessible_in_both_themes_and_fits_narrow_screens(
    atlas: Atlas, window: Callable[..., Screen]
) -> None:
    faults = []
    for person, addresses in rounds(atlas):
        screen = window(person, viewport=WIDE)
        for nth, (address, rules) in enumerate(addresses):
            page = screen.open(address)
            faults += [f"{address}: {fault}" for fault in looked_at(page, rules, SHELL if nth else ())]
    assert not faults, "\n".join(faults)


def rounds(atlas: Atlas) -> Iterator[tuple[Person | None, list[tuple[str, Rules]]]]:
    """Who opens which addresses, so that everybody signs in once; the first of each route with its colours."""
    by_room: dict[str, list[tuple[str, Rules]]] = {}
    for endpoint in set(readable(atlas.stage.app)) - NOT_PAGES - NOT_OURS - {"accounts.home"}:
        who = ROOMS.get(endpoint, ROOMS.get(endpoint.partition(".")[0], "nobody"))
        shown = enumerate(atlas.examples(endpoint)[:ENOUGH])
        by_room.setdefault(who, []).extend((address, WITHOUT_COLOURS if nth else RULES) for nth, address in shown)
    by_room["ada"] += [("/invoices/no-such-request", RULES), ("/review", RULES)]
    for who, addresses in by_room.items():
        yield getattr(atlas.stage.cast, who, None), addresses


def looked_at(page: Page, by_theme: Rules = RULES, known: Sequence[str] = ()) -> Iterator[str]:
    """What is wrong with the page that is open, dialogs shut, by the rules of each theme; `known` parts left out."""
    for theme, rules in by_theme.items():
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        for violation in violations(page, rules, known):
            places = [" ".join(map(str, node["target"])) for node in violation["nodes"]][:3]
            yield f"{theme}: {violation['id']}: {violation['help']}: {places}"
    yield from reflowed(page, NARROW)
    page.set_viewport_size(WIDE)


def violations(page: Page, rules: dict[str, Any], known: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What axe finds wrong with the page that is open. Loaded once into each page: that takes a third of a look."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    asked = {**rules, "resultTypes": ["violations"], "elementRef": False}
    look = "([exclude, asked]) => axe.run({ exclude }, asked).then((all) => all.violations)"
    found: list[dict[str, Any]] = page.evaluate(look, [[[part] for part in known], asked])
    return found


def reflowed(page: Page, size: ViewportSize) -> Iterator[str]:
    """What does not fit the page that is open, in a window of that size."""
    page.set_viewport_size(size)
    if page.evaluate(STICKS_OUT):
        yield f"sticks out at {size['width']} px: {page.evaluate(CULPRITS)}"
    if cut := page.evaluate(CUT_OFF):
        yield f"cut off at {size['width']} px: {cut}"


def test_texts_without_a_place_to_break_fit_every_screen(stage: Stage, window: Callable[..., Screen]) -> None:
    faults = []
    ordinary, utmost = (extremes.write(stage, words) for words in (extremes.ORDINARY, extremes.UTMOST))
    for who, addresses in (("ada", ordinary["ada"] + utmost["ada"]), ("rita", utmost["rita"])):
        screen = window(getattr(stage.cast, who), viewport=NARROW)
        for address in addresses:
            page = screen.open(address)
            assert page.query_selector("[data-refused]") is None, address
            for size in (NARROW, WIDE):
                faults += [f"{address}: {fault}" for fault in reflowed(page, size)]
    assert not faults, "\n".join(faults)


def test_dialogs_and_errors_are_accessible(atlas: Atlas, window: Callable[..., Screen]) -> None:
    faults = []
    desk = window(atlas.stage.cast.rita, viewport=WIDE).open(f"/review/{atlas.numbers['pending']}")
    dialog_link(desk, "Hand over").click()
    faults += [f"dialog to hand over: {fault}" for fault in looked_at(desk)]
    desk.keyboard.press("Escape")
    dialog_link(desk, "Reject").click()
    desk.keyboard.press("1")
    desk.get_by_role("button", name="Preview the email").click()
    desk.wait_for_selector("[data-letter]:not([hidden])")
    faults += [f"reject dialog: {fault}" for fault in looked_at(desk)]
    desk.get_by_role("checkbox").first.uncheck()
    desk.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(desk.locator("[aria-invalid=true]").first).to_be_visible()
    faults += [f"rejected without a reason: {fault}" for fault in looked_at(desk)]
    customer = window(atlas.stage.cast.ada, viewport=WIDE)
    page = customer.open("/invoices/apply")
    page.get_by_label("Invoice Amount").fill("1.234")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_label("Invoice Amount")).to_have_attribute("aria-invalid", "true")
    faults += [f"wrong amount: {fault}" for fault in looked_at(page)]
    page.get_by_label("Invoice Amount").fill("1.23")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    faults += [f"review step: {fault}" for fault in looked_at(page)]
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/invoices/IR-*")
    page.get_by_role("button", name="Your menu").click()
    faults += [f"menu and toast: {fault}" for fault in looked_at(page)]
    assert not faults, "\n".join(faults)
