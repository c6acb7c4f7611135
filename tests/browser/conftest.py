"""A real Chromium against the application as it is served; what the browser complains about fails the test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from backoffice.config import Settings
from tests.access.conftest import atlas
from tests.browser.typist import MANNERS, Manner, Typist, name_of
from tests.journeys.conftest import post, settings, stage
from tests.support.apps import font_cache
from tests.support.people import Person
from tests.support.visitor import Visitor

__all__ = ["atlas", "post", "settings", "stage"]

# A refused form is a good answer of ours; browsers note each such status as if a file were missing.
REFUSED = re.compile(r"the server responded with a status of (400|403|404|409|413|422) ")


@dataclass
class Complaints:
    """What went wrong in the browsers of a test, and which hosts they asked."""

    site: str
    told: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to one page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.told.append(f"{page.url}: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not REFUSED.search(message.text):
            self.told.append(f"{message.location.get('url')}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.told.append(f"request to {request.url}")


def dialog_link(page: Page, name: str) -> Locator:
    """A link that opens a dialog, once the script has made it one: before, it leads to a page with the same form."""
    link = page.get_by_role("link", name=name)
    expect(link).to_have_attribute("aria-haspopup", "dialog")
    return link


class Screen:
    """Somebody's browser window."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site

    def open(self, path: str) -> Page:
        """Open an address of the site."""
        self.page.goto(self.site + path)
        return self.page

    def sign_in(self, person: Person) -> Page:
        """Sign in through the page."""
        page = self.open("/login")
        page.get_by_label("Email").fill(person.email)
        page.get_by_label("Password").fill(person.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(rf"{re.escape(self.site)}/(?!login)"))
        return page


@pytest.fixture(scope="session")
def base_url() -> None:
    """Every test serves an application of its own. (The plugin's fixture of this name warns under pytest 9.1.)"""


@pytest.fixture
def complaints(site: str) -> Iterator[Complaints]:
    """Nothing on the console, no error in a script, no request to another host; checked when the test ends."""
    complaints = Complaints(site)
    yield complaints
    assert complaints.told == []


@pytest.fixture
def window(
    app: Flask, new_context: Callable[..., BrowserContext], site: str, complaints: Complaints
) -> Callable[..., Screen]:
    """`window(person)` opens a browser of its own, that person signed in and at home; `window()` with nobody."""

    def open_window(person: Person | None = None, **options: Any) -> Screen:
        context = new_context(locale="en-GB", reduced_motion="reduce", **options)
        context.set_default_timeout(20_000)
        page = context.new_page()
        complaints.watch(page)
        screen = Screen(page, site)
        if person is not None:
            context.add_cookies(signed_in(app, person, site))
            screen.open("/")
        return screen

    return open_window


def signed_in(app: Flask, person: Person, site: str) -> list[Any]:
    """The cookies of somebody who has signed in: through the page it takes a browser twice as long (`sign_in`)."""
    given = SimpleCookie("; ".join(Visitor(app).sign_in(person).headers.getlist("Set-Cookie")))
    return [{"name": name, "value": cookie.value, "url": site} for name, cookie in given.items()]


@pytest.fixture(params=MANNERS, ids=name_of)
def manner(request: pytest.FixtureRequest) -> Manner:
    """At a desk in one language, on a telephone in the other."""
    chosen: Manner = request.param
    return chosen


@pytest.fixture
def typist(window: Callable[..., Screen], manner: Manner) -> Callable[[Person], Typist]:
    """`typist(person)` sits down at a browser with a keyboard alone, signed in, in the test's language."""

    def sit_down(person: Person) -> Typist:
        screen = window(person, viewport=manner.size)
        screen.page.context.add_cookies([{"name": "locale", "value": manner.language, "url": screen.site}])
        return Typist(screen.page, screen.site, manner)

    return sit_down


@pytest.fixture
def worker(app: Flask, settings: Settings, post: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process on the same database, folder and mail server."""
    fonts = settings.instance_path / "cache" / "fonts"
    fonts.parent.mkdir(parents=True, exist_ok=True)
    font_cache().mkdir(parents=True, exist_ok=True)
    fonts.symlink_to(font_cache())  # cut once in a run
    environment = {
        **os.environ,
        "BACKOFFICE_DEMO": "1",
        "BACKOFFICE_DATABASE_URL": settings.url,
        "BACKOFFICE_INSTANCE_PATH": str(settings.instance_path),
        "BACKOFFICE_MAIL_PORT": str(settings.mail_port),
        "BACKOFFICE_UNDO_SECONDS": "0",
    }
    process = subprocess.Popen([Path(sys.executable).with_name("backoffice"), "worker"], env=environment)
    yield process
    process.terminate()
    assert process.wait(timeout=20) == 0
