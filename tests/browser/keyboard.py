"""A keyboard and nothing else: what Tab does not reach, what does not show the focus, what keys do not work, fails."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

# More stops than any page has; whoever needs as many would give up.
MOST = 90
# Where Tab has led. The ring of a radio button is drawn around its card, that of a figure around its tile, that of a
# toggle around its words. A stop must be seen to have the focus and lie on the screen.
STOP = """(wanted) => {
  const one = document.activeElement;
  const shown = one.closest(".radio-card, .figure-link, .toggle") || one;
  const ringed = (each) => {
    const style = getComputedStyle(each);
    return parseFloat(style.outlineWidth) >= 1 && style.outlineStyle !== "none"; // a shadow may be there without focus
  };
  const box = shown.getBoundingClientRect();
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || one.name || "";
  const whole = document.documentElement;
  return {
    reached: one === wanted,
    name: `${one.tagName} ${name.trim().replace(/\\s+/g, " ").slice(0, 60)}`,
    isStop: one.tabIndex >= 0, // the page itself or a summary of errors get the focus from scripts alone
    ring: [shown, one, ...(shown.matches(".toggle") ? shown.querySelectorAll("span") : [])].some(ringed),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
      && box.top < innerHeight && box.left < innerWidth,
    sticksOut: whole.scrollWidth > whole.clientWidth,
  };
}"""


class Keyboard:
    """The keys of somebody at a page. Each stop on the way must show that it has the focus; nothing may stick out."""

    def __init__(self, page: Page) -> None:
        self.page = page
        # Somebody listens all the time: a window for files that opened unheard would be the system's own, and stay.
        page.on("filechooser", lambda _opened: None)

    def to(self, wanted: Locator) -> Locator:
        """Press Tab until `wanted` has the focus."""
        expect(wanted).to_be_visible()
        self.page.wait_for_load_state("domcontentloaded")  # the page's scripts have run
        for _ in range(MOST):
            stop = wanted.evaluate(STOP)
            assert not stop["sticksOut"], f"{self.page.url} sticks out"
            assert stop["ring"] or not stop["isStop"], f"no ring: {stop['name']} on {self.page.url}"
            if stop["reached"]:
                assert stop["seen"], f"focused out of sight: {stop['name']} on {self.page.url}"
                return wanted
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{wanted} is not reached with Tab on {self.page.url}")

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type in place of whatever stands in the field."""
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text) if text else self.page.keyboard.press("Delete")

    def choose(self, option: str) -> None:
        """Take an option of the focused select with the arrow keys."""
        select = self.page.locator("select:focus")
        self.page.keyboard.press("Home")
        for _ in range(select.locator("option").count()):
            if select.locator("option:checked").inner_text().strip() == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no option {option}")

    def pick(self, radio: Locator) -> None:
        """Take a radio button of the group that has the focus with the arrow keys."""
        for _ in range(8):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{radio} is not reached with the arrow keys")

    def day(self, field: Locator, on: date) -> None:
        """Type a date into the focused field part by part; in which order they stand is the browser's affair."""
        for order in ("%m%d%Y", "%d%m%Y", "%Y%m%d"):
            self.page.keyboard.type(on.strftime(order))
            if field.input_value() == on.isoformat():
                return
            for _ in range(2):
                self.page.keyboard.press("ArrowLeft")
        raise AssertionError(f"{field} does not take {on}")

    def toggle(self) -> None:
        """Space on a box or button."""
        self.page.keyboard.press("Space")

    def enclose(self, file: FilePayload | Path) -> None:
        """Open the focused file field with Space and choose a file in the system's own window."""
        with self.page.expect_file_chooser() as opened:
            self.page.keyboard.press("Space")
        opened.value.set_files(file)
