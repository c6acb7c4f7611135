"""Take the pictures of README and guides anew: start the demo, walk through it in Chromium, keep small PNGs.

    .venv/bin/python scripts/pictures.py [--instance FOLDER]

Writes to docs/pictures, one folder a language. Needs Chromium. With --instance an installation that is filled already
is used; otherwise a fresh one is filled and thrown away.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.chromium import find_chromium  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
PASSWORD = "invoice-demo-2026"
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
SIZE: Any = {"width": 1280, "height": 800}
WIDE: Any = {"width": 1440, "height": 860}  # room for a request beside the queue
LARGEST = 100_000  # bytes; a page with pictures should open quickly
GONE = "zhang.wei@lumen.example"  # of the demo data: mail to this address came back
PASTED = """名称：深圳流明视觉技术有限公司
纳税人识别号：91440300MA5DA0X7X5
地址、电话：深圳市南山区科苑路88号 0755-8650 1200
开户行及账号：招商银行深圳科苑支行 7559 1820 3310 601
周五前要"""
WRONG_TAX_ID = "91310115MA1K4LN57L"
PATIENCE = 240  # seconds until the demo is filled and its worker lives
QUIET = 8  # seconds in which the worker sends what the demo year has left


def main() -> None:
    """Take all pictures; says each file and its size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instance", type=Path)
    given = parser.parse_args()
    for language in LANGUAGES:
        (FOLDER / language).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as fresh, demo(given.instance or Path(fresh)) as site, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        for language in LANGUAGES:
            hand = Hand(browser, site, language)
            customer(hand)
            reviewer(hand)
            office(hand)
            manager(hand)
        desk(Hand(browser, site, "en"))
        browser.close()


@contextmanager
def demo(instance: Path) -> Iterator[str]:
    """The demo as `make run` starts it, on a free port; gives its address once the worker lives."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BACKOFFICE_INSTANCE_PATH": str(instance), "PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "backoffice.supervisor"], env=environment, cwd=ROOT)
    site = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{site}/readyz", b'"worker":"ok"')
        time.sleep(QUIET)
        yield site
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def wait_for(address: str, said: bytes) -> None:
    """Ask until the answer holds `said`; raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if said in answer.read().replace(b" ", b""):
                    return
        except OSError:
            pass  # not up yet
        time.sleep(1)
    raise TimeoutError(f"{address} does not say {said.decode()}")


@dataclass(frozen=True)
class Hand:
    """Takes the pictures of one language into its own folder."""

    browser: Browser
    site: str
    language: str

    def sign_in(self, email: str, **options: Any) -> Page:
        """A window of its own with that person signed in, at their home."""
        settings = {"viewport": SIZE, "locale": LANGUAGES[self.language], "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**settings)
        context.add_cookies([{"name": "locale", "value": self.language, "url": self.site}])
        page = context.new_page()
        page.goto(f"{self.site}/login")
        page.locator("input[name=email]").fill(email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(lambda address: "/login" not in address)
        return page

    def keep(self, page: Page, name: str, *, at: str | None = None, height: int | None = None) -> None:
        """Keep what the window shows, once its marks are there; scrolled to `at`, and as high as is worth it."""
        if height is not None:
            page.set_viewport_size({"width": SIZE["width"], "height": height})
        page.wait_for_load_state("networkidle")
        page.evaluate(
            "selector => { const at = selector && document.querySelector(selector);"
            " window.scrollTo(0, at ? at.getBoundingClientRect().top + scrollY - 250 : 0); }",
            at,
        )
        save(Image.open(io.BytesIO(page.screenshot())), f"{self.language}/{name}")
        if height is not None:
            page.set_viewport_size(SIZE)


def customer(hand: Hand) -> None:
    """The customer's pages, in the order of the guide."""
    page = hand.sign_in("ada@lumen.example" if hand.language == "en" else "lin@lumen.example")
    site = hand.site
    page.goto(f"{site}/invoices")
    hand.keep(page, "invoices")
    page.goto(f"{site}/invoices/balance")
    hand.keep(page, "balance", height=860)
    debtor = hand.sign_in("qi@beichen.example")
    debtor.goto(f"{site}/invoices/balance")
    hand.keep(debtor, "debt", height=620)
    page.goto(f"{site}/invoice-headers")
    hand.keep(page, "headers")
    header_form(hand, page)
    application(hand, page)
    requests(hand, page)
    page.goto(f"{site}/bills")
    page.locator("a[rel=prev]").click()
    hand.keep(page, "bill", height=900)
    page.locator("main table").last.locator("tbody th a").first.click()
    hand.keep(page, "recharge", height=640)


def header_form(hand: Hand, page: Page) -> None:
    """A tax ID with one wrong symbol, and a block of text split into the fields."""
    page.goto(f"{hand.site}/invoice-headers/new")
    page.locator("input[name=name]").fill("成都流明软件有限公司")
    page.locator("input[name=tax_id]").fill(WRONG_TAX_ID)
    page.locator("main .form-actions button").first.click()
    hand.keep(page, "header-tax-id", at="#tax_id", height=620)
    page.evaluate("sessionStorage.clear()")
    page.goto(f"{hand.site}/invoice-headers/new")
    page.locator("summary").first.click()
    page.locator("textarea[name=pasted_text]").fill(PASTED)
    page.locator("button[name=action][value=split]").click()
    hand.keep(page, "header-paste", height=860)
    page.evaluate("sessionStorage.clear()")


def application(hand: Hand, page: Page) -> None:
    """The form, filled in, and the step before Submit."""
    page.goto(f"{hand.site}/invoices/apply")
    page.locator("input[name=amount]").fill("1409.50")
    page.locator("input[name=support_file]").set_input_files(
        {"name": "purchase-order.png", "mimeType": "image/png", "buffer": png()}
    )
    hand.keep(page, "apply", height=960)
    page.locator("main .form-actions button[value=review]").click()
    hand.keep(page, "review", height=1000)


def requests(hand: Hand, page: Page) -> None:
    """An issued request whose mail came back, and a rejected one on its way to be resubmitted."""
    page.goto(f"{hand.site}/invoices?status=issued")
    addresses = page.locator("main tbody th a").evaluate_all("links => links.map(link => link.href)")
    page.goto(next(one for one in addresses if GONE in page.request.get(one).text()))
    hand.keep(page, "issued", height=860)
    page.goto(f"{hand.site}/invoices?status=rejected")
    page.locator("main tbody th a").first.click()
    page.goto(f"{hand.site}/invoices/apply?resubmit={page.url.rpartition('/')[2]}")
    hand.keep(page, "resubmit", height=900)


def reviewer(hand: Hand) -> None:
    """The queue with a request beside it, the keys, requests ticked in the queue, a request's own page, a rejection."""
    page = hand.sign_in(reviewer_of(hand), viewport=WIDE)
    page.goto(f"{hand.site}/review")
    page.locator("[data-preview] h2").first.wait_for()
    hand.keep(page, "queue")
    page.keyboard.press("?")
    page.locator("#shortcut-sheet dl").first.wait_for()
    hand.keep(page, "keys")
    page = hand.sign_in(reviewer_of(hand))
    page.goto(f"{hand.site}/review")
    for box in page.locator("[data-pick]").all()[:3]:
        box.check()
    hand.keep(page, "bulk")
    page.locator("main tbody th a").first.click()
    hand.keep(page, "request", height=900)
    page.keyboard.press("r")
    page.keyboard.press("1")
    hand.keep(page, "reject")


def reviewer_of(hand: Hand) -> str:
    """The reviewer who reads that language."""
    return "rita@backoffice.example" if hand.language == "en" else "rui@backoffice.example"


def office(hand: Hand) -> None:
    """What reviewers, managers and administrators see."""
    page = hand.sign_in(reviewer_of(hand))
    page.goto(f"{hand.site}/review/work")
    hand.keep(page, "work", height=900)
    page.goto(f"{hand.site}/review/books")
    page.locator("select[name=month]").select_option(index=1)
    page.locator("main form button[type=submit]").first.click()
    hand.keep(page, "reconciliation", height=720)
    page = hand.sign_in("ana@backoffice.example")
    page.goto(f"{hand.site}/admin/imports")
    page.locator("main tbody th a").first.click()
    hand.keep(page, "import", height=980)
    policies(hand, page)


def policies(hand: Hand, page: Page) -> None:
    """What holds and what is due to change, and what another value would do, before it is saved."""
    page.goto(f"{hand.site}/admin/policies")
    hand.keep(page, "policies", height=900)
    page.goto(f"{hand.site}/admin/policies/sla_business_days")
    page.locator("main form.form input[type=text], main form.form input[type=number]").first.fill("4")
    page.locator("main form.form textarea").fill("ISO 9001" if hand.language == "en" else "服务承诺缩短一天")
    page.locator("main .form-actions button").first.click()
    page.locator("main button[name=save]").wait_for()
    hand.keep(page, "policy-change", height=900)


def manager(hand: Hand) -> None:
    """Whether the promise is kept, and what will break next."""
    page = hand.sign_in("max@backoffice.example")
    page.goto(f"{hand.site}/sla?period=12w")
    hand.keep(page, "service-level", height=900)
    hand.keep(page, "service-level-charts", at="#on-time-by-week", height=860)
    page.goto(f"{hand.site}/sla/forecast")
    hand.keep(page, "forecast", height=860)
    page.goto(f"{hand.site}/admin/calendar")
    hand.keep(page, "calendar", height=900)


def desk(hand: Hand) -> None:
    """The picture of the README."""
    page = hand.sign_in("rita@backoffice.example")
    page.locator("tbody th a").first.click()
    page.wait_for_load_state("networkidle")
    save(Image.open(io.BytesIO(page.screenshot())), "desk")


def png() -> bytes:
    """A small picture to enclose."""
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(file, "PNG")
    return file.getvalue()


def save(picture: Image.Image, name: str) -> None:
    """Write a PNG of 128 colours: the pages are flat, nobody sees the difference, and it is a third of the size."""
    target = FOLDER / f"{name}.png"
    flat = picture.convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    flat.save(target, optimize=True)
    size = target.stat().st_size
    sys.stdout.write(f"{target.relative_to(ROOT)}  {size // 1000} kB\n")
    if size > LARGEST:
        raise SystemExit(f"{target.name} is larger than {LARGEST // 1000} kB")


if __name__ == "__main__":
    main()
