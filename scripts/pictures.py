"""Take the pictures of README and guides anew: start the demo, walk through it in Chromium, keep small PNGs.

    .venv/bin/python scripts/pictures.py [--instance FOLDER]

Writes to docs/pictures. Needs Chromium, and pdftoppm (poppler-utils) for the picture of an invoice. With --instance an
installation that is filled already is used; otherwise a fresh one is filled and thrown away.
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
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.chromium import find_chromium  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
PASSWORD = "invoice-demo-2026"
SIZE = {"width": 1280, "height": 800}
LARGEST = 150_000  # bytes; a page with pictures should open quickly
PATIENCE = 240  # seconds until the demo is filled and its worker lives
QUIET = 8  # seconds in which the worker sends what the demo year has left


def main() -> None:
    """Take all pictures; says each file and its size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instance", type=Path)
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as fresh, demo(given.instance or Path(fresh)) as site, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        customer(browser, site)
        reviewer(browser, site)
        manager(browser, site)
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


def customer(browser: Browser, site: str) -> None:
    """The customer's pages, and an invoice as it arrives."""
    page = sign_in(browser, site, "ada@lumen.example")
    keep(page, "customer")
    page.locator("tr:has(.pill-issued) th a").first.click()
    keep(page, "request")
    with page.expect_download() as arriving:
        page.get_by_role("link", name="Download").first.click()
    keep_invoice(arriving.value.path(), "invoice")
    page.goto(f"{site}/invoices/apply")
    page.get_by_label("Invoice Amount").fill("1409.50")
    page.get_by_role("button", name="Review", exact=True).click()
    keep(page, "apply", full_page=True)
    page = sign_in(browser, site, "ada@lumen.example", locale="zh-CN", viewport={"width": 390, "height": 844})
    keep(page, "customer-zh-narrow")


def reviewer(browser: Browser, site: str) -> None:
    """The desk."""
    page = sign_in(browser, site, "rita@backoffice.example")
    keep(page, "queue")
    page.locator("tbody th a").first.click()
    keep(page, "desk")
    page = sign_in(browser, site, "rita@backoffice.example", color_scheme="dark", locale="zh-CN")
    page.locator("tbody th a").first.click()
    keep(page, "desk-zh-dark")


def manager(browser: Browser, site: str) -> None:
    """The service level."""
    keep(sign_in(browser, site, "max@backoffice.example"), "sla")


def sign_in(browser: Browser, site: str, email: str, **options: Any) -> Page:
    """A window of its own with that person signed in, at their home."""
    context = browser.new_context(**{"viewport": SIZE, "locale": "en-GB", "reduced_motion": "reduce", **options})
    chinese = str(options.get("locale", "")).startswith("zh")
    context.add_cookies([{"name": "locale", "value": "zh" if chinese else "en", "url": site}])
    page = context.new_page()
    page.goto(f"{site}/login")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda address: "/login" not in address)
    return page


def keep(page: Page, name: str, **options: Any) -> None:
    """Keep what the page shows, once its marks are there."""
    page.wait_for_load_state("networkidle")
    save(Image.open(io.BytesIO(page.screenshot(**options))), name)


def keep_invoice(pdf: Path, name: str) -> None:
    """Keep the first page of a PDF."""
    command = ["pdftoppm", "-png", "-r", "80", "-f", "1", "-l", "1", str(pdf)]
    drawn = subprocess.run(command, check=True, capture_output=True).stdout
    save(Image.open(io.BytesIO(drawn)), name)


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
