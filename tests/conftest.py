"""Fixtures everybody uses. Start from the smallest that does: `context` for services, `client` or `visitor` for pages.

A test that asks for `database` (or anything below it) runs on SQLite and on PostgreSQL; marked `browser` or
`one_database` on SQLite alone, marked `postgres_only` on PostgreSQL alone. Tests of pages take turns, one on this and
one on that, unless they are marked `both_databases` or TEST_DATABASES is `all`.
"""

from __future__ import annotations

import gc
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings

from backoffice import clock
from backoffice.config import Settings
from backoffice.web import drawn
from tests.support import chromium, databases
from tests.support.apps import bare_app, moved_app, test_settings
from tests.support.people import CHEAP, Cast, known_cast
from tests.support.visitor import Visitor

DATABASES = ("sqlite", "postgresql")
LONG = ("browser", "race", "fault")
ALL_DATABASES = os.environ.get("TEST_DATABASES") == "all"
# Speed is measured in bench/, never by a test: on a busy machine an example that takes its time would be a failure.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")
_shared = pytest.StashKey[Path]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let every process look for garbage less often; the first one makes the folder that all of them share."""
    # Thousands of tests and all libraries stay in memory: looking through them for garbage took a tenth of the time.
    gc.set_threshold(100_000, 50, 1000)
    if not hasattr(config, "workerinput"):
        config.stash[_shared] = databases.open_shared_folder()
        config.option.basetemp = config.option.basetemp or config.stash[_shared] / "cases"


def pytest_unconfigure(config: pytest.Config) -> None:
    """And removes it, after the last test of the last process."""
    databases.close_administration()
    if folder := config.stash.get(_shared, None):
        databases.close_shared_folder(folder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that need a database on both kinds, tests of pages on one of them, unless their marks say otherwise."""
    if "database" not in metafunc.fixturenames:
        return
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    kinds: tuple[str, ...] = DATABASES
    if "app" in metafunc.fixturenames and not (ALL_DATABASES or marks & {"both_databases", "race", "fault"}):
        # By the name, not by the place in the file: another test beside it does not change where this one runs.
        kinds = (DATABASES[zlib.crc32(metafunc.definition.nodeid.encode()) % 2],)
    if marks & {"browser", "one_database", "sqlite_only"}:
        kinds = ("sqlite",)
    if "postgres_only" in marks:
        kinds = ("postgresql",)
    metafunc.parametrize("database", kinds, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those that take long come first, so that no process is left with one of them when the others are done.

    Without a Chromium, browser tests are skipped with one line; where every push is checked they fail.
    """
    items.sort(key=lambda item: not any(item.get_closest_marker(mark) for mark in LONG))
    if chromium.find_chromium() is None and not chromium.required():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=chromium.MISSING))


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on: sqlite or postgresql."""
    kind: str = request.param
    return kind


@pytest.fixture
def peopled(request: pytest.FixtureRequest) -> bool:
    """Whether the test's database has the cast in it from the start: when it asks for anybody of it."""
    return "cast" in request.fixturenames


@pytest.fixture
def database_url(database: str, tmp_path: Path, peopled: bool) -> Iterator[str]:
    """A database of its own with schema, policies and calendar, and nobody in it but a cast that is asked for."""
    url = databases.new_database(database, tmp_path / "instance", peopled=peopled)
    yield url
    databases.drop_database(url)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of an installation in the test's own folder; mail goes to a port where nobody listens."""
    return test_settings(tmp_path / "instance", database_url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application. No context is pushed: requests must not share a session with the test."""
    application = moved_app(settings)
    yield application
    _let_go(application)


@pytest.fixture
def context(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Flask]:
    """An application context around the test: of `app` when the test asks for it, else of one without pages.

    Not for tests with a real browser: there the name is Playwright's, see tests/browser.
    """
    whole = "app" in request.fixturenames
    application: Flask = request.getfixturevalue("app") if whole else bare_app(settings)
    with application.app_context():
        yield application
    if not whole:
        _let_go(application)


def _let_go(application: Flask) -> None:
    from backoffice.database import close_connections, db

    with application.app_context():
        db.session.remove()
        close_connections()


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    from backoffice.accounts import passwords

    monkeypatch.setattr(passwords, "_hasher", CHEAP)


@pytest.fixture
def cast(request: pytest.FixtureRequest, settings: Settings) -> Cast:
    """The demo people: ada, lin (lumen), bo (yunqi), rita, rui, max, otto, ana."""
    # Asked first: in a test with a real browser the name `context` belongs to Playwright.
    if "app" not in request.fixturenames:
        request.getfixturevalue("context")
        return known_cast()
    application: Flask = request.getfixturevalue("app")
    with application.app_context():
        return known_cast()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A bare test client; `visitor` reads forms as well."""
    return app.test_client()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody at a browser without JavaScript, not signed in."""
    return Visitor(app)


@pytest.fixture
def visit(app: Flask) -> Callable[..., Visitor]:
    """`visit(person)` opens a new browser with that person signed in; `visit()` with nobody."""

    def open_browser(person: Any = None) -> Visitor:
        browser = Visitor(app)
        if person is not None:
            browser.sign_in(person)
        return browser

    return open_browser


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., Visitor]:
    """`sign_in(client, email)` signs the client's browser in through the page."""

    def enter(client: FlaskClient, email: str, password: str = "invoice-demo-2026") -> Visitor:
        browser = Visitor(app, client)
        browser.sign_in(email, password)
        return browser

    return enter


@pytest.fixture
def freeze() -> Iterator[Callable[[datetime], None]]:
    """`freeze(instant)` lets our clock stand still there until the test ends or moves it again."""
    with ExitStack() as stack:

        def stand_still(instant: datetime) -> None:
            stack.enter_context(clock.moved_to(instant))

        yield stand_still


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The application served on a port of this machine, as `make run` serves it; gives its address."""
    from waitress import wasyncore
    from waitress.server import create_server

    # Tests of pages compare what is drawn with what is remembered, of every page: once is enough.
    app.config[drawn.VERIFIED] = False
    server = create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # Closed by its own thread: a socket that goes while that thread waits for it would be an error there.
    # Should it wake for another reason in between, it has closed the trigger itself before that is written to.
    with suppress(OSError):
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=5)
    server.task_dispatcher.shutdown()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium: Playwright brings none of its own here."""
    path = chromium.find_chromium()
    if path is None:
        pytest.fail(chromium.MISSING)
    # Without a sandbox: containers of build machines seldom allow the system calls it needs.
    return {**browser_type_launch_args, "executable_path": str(path), "args": ["--no-sandbox"]}
