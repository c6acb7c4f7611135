"""Somebody at the pages with a keyboard alone, in one language and on one screen.

Controls are asked for by their English names and looked for by what they are called in the reader's language.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.keyboard import Keyboard
from tests.browser.words import word


@dataclass(frozen=True)
class Manner:
    """A language and the width of a screen in pixels."""

    language: str
    width: int

    @property
    def size(self) -> dict[str, int]:
        """The screen: a telephone's or a desk's."""
        return {"width": self.width, "height": 640 if self.width < 600 else 800}


def name_of(manner: Manner) -> str:
    """What a test's parameter is called."""
    return f"{manner.language}-{manner.width}"


# Each language and each width once, for texts depend on the one and their fit on the other; the two other pairs are for
# whoever asks for them, with TEST_MANNERS=all.
MANNERS = [Manner("en", 1280), Manner("zh", 320)]
if os.environ.get("TEST_MANNERS") == "all":
    MANNERS += [Manner("en", 320), Manner("zh", 1280)]


class Typist:
    """What a person does with a page: reach a control by name, fill, choose, toggle, press."""

    def __init__(self, page: Page, site: str, manner: Manner) -> None:
        self.page, self.site, self.manner = page, site, manner
        self.keys = Keyboard(page)

    def word(self, english: str, **values: object) -> str:
        """What the page says for it."""
        return word(self.manner.language, english, **values)

    def open(self, path: str) -> None:
        """Type an address of the site into the browser."""
        self.page.goto(self.site + path)
        self.fits()

    def control(self, role: str, english: str, **values: object) -> Locator:
        """The control of that role and name, in the main part or anywhere."""
        return self.named(role, self.word(english, **values))

    def named(self, role: Any, name: str | re.Pattern[str]) -> Locator:
        """A control whose name is nobody's word: a number, a header."""
        return self.page.get_by_role(role, name=name, exact=True)

    def press(self, role: str, english: str, **values: object) -> None:
        """Reach a button or a link and press Enter."""
        self.enter(self.control(role, english, **values))

    def enter(self, control: Locator) -> None:
        """Reach a control and press Enter."""
        self.keys.to(control)
        self.keys.press("Enter")

    def enter_twice(self, button: Locator) -> None:
        """Press Enter on a form's button, and once more before the page answers.

        The form arrives twice. The browser shows what the second is answered: of the first it never hears.
        """

        def once_more(first: Route) -> None:
            first.fetch(max_redirects=0)
            self.keys.press("Enter")

        action = button.evaluate("one => one.form.getAttribute('action')")
        self.page.route(self.site + action, once_more, times=1)
        self.enter(button)

    def go(self, english: str) -> None:
        """Go to a page through the navigation, which is behind a button on a narrow screen."""
        navigation = self.control("navigation", "Main")
        self.page.wait_for_load_state("load")  # without its stylesheet no screen is wide: the browser hides a popover
        if not navigation.is_visible():
            self.press("button", "Menu")
        self.enter(navigation.get_by_role("link", name=self.word(english), exact=True))

    def field(self, english: str) -> Locator:
        """A field by its label."""
        return self.page.get_by_label(self.word(english), exact=True)

    def fill(self, english: str, text: str) -> None:
        """Reach a field and type into it."""
        self.keys.to(self.field(english))
        self.keys.type(text)
        expect(self.field(english)).to_have_value(text)

    def choose(self, english: str, option: str) -> None:
        """Reach a select and take an option."""
        self.keys.to(self.field(english))
        self.keys.choose(option)

    def toggle(self, box: Locator) -> None:
        """Reach a box and turn it."""
        before = self.keys.to(box).is_checked()
        self.keys.toggle()
        expect(box).to_be_checked(checked=not before)

    def enclose(self, english: str, file: FilePayload | Path) -> None:
        """Reach a file field and choose a file."""
        self.keys.to(self.field(english))
        self.keys.enclose(file)

    def reads(self, english: str, **values: object) -> None:
        """The page says it."""
        expect(self.page.get_by_role("main")).to_contain_text(self.word(english, **values))

    def arrives(self, english: str, **values: object) -> None:
        """The page of that heading has opened, and nothing of it sticks out."""
        self.arrives_at(self.word(english, **values))

    def arrives_at(self, heading: str | re.Pattern[str]) -> None:
        """The same where the heading is a number or a name."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.page.wait_for_load_state("domcontentloaded")
        self.fits()

    def hears(self, english: str) -> None:
        """A message says it, whatever stands in its gaps."""
        said = re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(self.word(english)))
        expect(self.page.get_by_role("status").filter(has_text=re.compile(said)).first).to_be_visible()

    def download(self, control: Locator) -> tuple[str, bytes]:
        """Press a link or button that leads to a file; its name and content."""
        self.keys.to(control)
        with self.page.expect_download() as arriving:
            self.keys.press("Enter")
        return arriving.value.suggested_filename, arriving.value.path().read_bytes()

    def fits(self) -> None:
        """Nothing is cut off at the right, once the stylesheets are there."""
        self.page.wait_for_load_state("load")
        widths = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1] <= self.manner.width, f"{self.page.url} sticks out: {widths}"
