"""What a reviewer waits between two verdicts: from the stroke that approves until the next request is on the screen.

A real Chromium of desk width, the pages served as `make run` serves them, on both databases. Both ways of working:
beside the queue (its page comes anew, then the next request into the pane) and on the requests' own pages. How many
requests there are matters little (`python -m bench.desk`).

The aim is on server and script: the processor's time for the answers that began before the next request was shown, and
for what the browser's page does with them (script, style, layout; also what it does afterwards). Beside it stands the
whole wait by the clock, which holds what else goes on: the browser's network and drawing, the database's own process,
and other work on the machine.

    python -m bench.human_path --requests 20 --kind sqlite      a quicker run
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from playwright.sync_api import CDPSession, Error, Page, sync_playwright
from waitress.server import create_server

from bench.bulk import waiting
from bench.ground import KINDS, asked, installed
from bench.load import PASSWORD
from tests.support.chromium import MISSING, find_chromium

APPROVALS, WARM_UP, AIM = 40, 3, 150
GLANCE = 500  # milliseconds between looks at the page: a verdict counts once its request has been there for a moment
DESK: Any = {"width": 1440, "height": 900}
# The clock of the page that the stroke leaves and that of the page that comes have the same zero.
NOTE_STROKE = """addEventListener("keydown", (event) => {
  sessionStorage.setItem("stroke", performance.timeOrigin + event.timeStamp);
}, true)"""
SHOWN = "[...document.querySelectorAll('.topbar-summary')].at(-1)?.innerText ?? ''"
WAITED = """(name) => {
  const shown = performance.getEntriesByName(name).at(-1);
  return shown ? performance.timeOrigin + shown.startTime - sessionStorage.getItem("stroke") : null;
}"""
STRUCK = "Number(sessionStorage.getItem('stroke'))"
PAGE_WORK = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


@dataclass
class Served:
    """The pages' address, and of each answer when it began (milliseconds of Unix time) and its processor's time."""

    site: str
    answers: list[tuple[float, float]] = field(default_factory=list)

    def spent_until(self, moment: float) -> float:
        """Milliseconds of the processor for the answers that began before a moment."""
        return sum(spent for began, spent in self.answers if began < moment)


def run(requests: int = APPROVALS, kinds: tuple[str, ...] = KINDS) -> None:
    """Print a row per way of working and database."""
    browser = find_chromium()
    if browser is None:
        print(MISSING)
        return
    print(f"{requests} approvals each, medians in milliseconds; the aim for server and script is {AIM}")
    print(f"{'':17} {'database':11}  server  script  both  9 of 10  whole wait  fastest")
    for kind in kinds:
        with installed(kind, undo_seconds=10) as app, _served(app) as served, sync_playwright() as tool:
            with app.app_context():
                waiting(2 * (requests + WARM_UP) + 60)  # the queue's first page is full to the end
            window = tool.chromium.launch(executable_path=str(browser), args=["--no-sandbox"])
            page = window.new_page(viewport=DESK, color_scheme="null")
            page.add_init_script(NOTE_STROKE)
            _sign_in(page, served.site)
            page.goto(f"{served.site}/review")
            _print("beside the queue", kind, _approve(page, served, requests, "preview-shown"))
            page.keyboard.press("n")
            page.wait_for_url("**/review/IR-*")
            _print("on its own page", kind, _approve(page, served, requests, "first-contentful-paint"))
            window.close()


@contextmanager
def _served(app: Flask) -> Iterator[Served]:
    def timed(environ: Any, start: Any) -> Any:
        began, spent = time.time() * 1000, time.thread_time()
        try:
            return app(environ, start)
        finally:
            served.answers.append((began, (time.thread_time() - spent) * 1000))

    server = create_server(timed, host="127.0.0.1", port=0, threads=8)
    served = Served(f"http://127.0.0.1:{server.effective_port}")
    threading.Thread(target=server.run, daemon=True).start()
    yield served
    server.task_dispatcher.shutdown()


def _sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/login")
    page.locator("input[name=email]").fill("reviewer@load.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda address: "/login" not in address)


def _approve(page: Page, served: Served, requests: int, shown: str) -> list[tuple[float, float, float]]:
    """Per approval, the first few left out: server, script, whole wait."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    made = []
    for _ in range(requests + WARM_UP):
        _glance_until(page, lambda: page.evaluate(WAITED, shown))
        page.wait_for_timeout(GLANCE)
        before = page.evaluate(SHOWN)
        served.answers.clear()
        page.keyboard.press("a")
        waited = _glance_until(page, lambda before=before: _wait_for_another(page, before, shown))  # type: ignore[misc]
        shown_at = page.evaluate(STRUCK) + waited
        made.append((served.spent_until(shown_at), _page_work(devtools), waited))
    return made[WARM_UP:]


def _glance_until(page: Page, told: Callable[[], float | None]) -> float:
    """Look now and then, so that looking is no work for the page; raises TimeoutError after a while."""
    for _ in range(40):
        page.wait_for_timeout(GLANCE)
        with suppress(Error):  # the page that was looked at has just gone
            if page.evaluate("document.readyState") == "complete" and (answer := told()) is not None:
                return answer
    raise TimeoutError(page.url)


def _wait_for_another(page: Page, before: str, shown: str) -> float | None:
    waited: float | None = page.evaluate(WAITED, shown)
    return waited if page.evaluate(SHOWN) not in ("", before) else None


def _page_work(devtools: CDPSession) -> float:
    """Milliseconds of the processor that the page has worked since it began to load."""
    told = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return sum(told[name] for name in PAGE_WORK) * 1000


def _print(way: str, kind: str, made: list[tuple[float, float, float]]) -> None:
    server, script, whole = (statistics.median(one[at] for one in made) for at in range(3))
    both = [one[0] + one[1] for one in made]
    nine, fastest = statistics.quantiles(both, n=10)[-1], min(one[2] for one in made)
    print(
        f"{way:17} {kind:11} {server:7.0f} {script:7.0f} {statistics.median(both):5.0f} {nine:8.0f}"
        f" {whole:11.0f} {fastest:8.0f}",
        flush=True,
    )


if __name__ == "__main__":
    run(*asked(__doc__, APPROVALS))
