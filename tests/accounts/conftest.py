"""The pages of the accounts capability alone, on both databases, with Ada, Rita and Ana in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import backoffice
from backoffice import clock, config, database
from backoffice.accounts import passwords, services
from backoffice.accounts import views as accounts_views
from backoffice.audit.models import AuditEvent
from backoffice.database import close_connections, db, session, transaction
from backoffice.permissions import SYSTEM, Permission, Role
from backoffice.web.guards import assert_every_route_guarded, guard
from tests.support.apps import test_settings

PASSWORD = "invoice-demo-2026"
# Taken before any fixture puts a cheap one in its place.
FULL_STRENGTH = passwords._hasher
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def rooms() -> list[Blueprint]:
    """Stand-ins for the pages of later capabilities that roles are led to."""
    portal, review, sla = (Blueprint(name, __name__) for name in ("portal", "review", "sla"))
    portal.get("/invoices", endpoint="invoices")(guard(Permission.SEE_OWN_INVOICES)(lambda: "own invoices"))
    review.get("/review", endpoint="queue")(guard(Permission.SEE_QUEUE)(lambda: "the queue"))
    review.post("/review", endpoint="decide")(guard(Permission.DECIDE)(lambda: "decided"))
    sla.get("/sla", endpoint="dashboard")(guard(Permission.SEE_SERVICE_LEVEL)(lambda: "the figures"))
    return [portal, review, sla]


def build(folder: Path, url: str, **overrides: Any) -> Flask:
    """The pages of this capability on the migrated database at `url`."""
    settings = test_settings(folder, url, **overrides)
    app = Flask("backoffice", instance_path=str(folder), template_folder=str(config.ROOT / "templates"))
    backoffice.configure(app, settings)
    database.init_database(app)
    backoffice.init_web(app)
    app.register_blueprint(accounts_views.blueprint)
    accounts_views.init(app)
    for room in rooms():
        app.register_blueprint(room)
    assert_every_route_guarded(app)
    return app


def close(app: Flask) -> None:
    """Let go of the connections, so that the database can be dropped."""
    with app.app_context():
        db.session.remove()
        close_connections()


@dataclass
class Cast:
    """Ids of the people and accounts every test may count on."""

    lumen: int
    ada: int
    rita: int
    ana: int


def people(app: Flask) -> Cast:
    """Create the cast through the services."""
    with app.app_context(), transaction():
        lumen = services.create_account(SYSTEM, code="lumen", name="Lumen Labs", now=NOW).id

        def person(email: str, name: str, role: Role, account_id: int | None = None) -> int:
            return services.create_user(
                SYSTEM, email=email, name=name, role=role, password=PASSWORD, account_id=account_id, now=NOW
            ).id

        return Cast(
            lumen=lumen,
            ada=person("ada@lumen.example", "Ada Wong", Role.CUSTOMER, lumen),
            rita=person("rita@backoffice.example", "Rita Reviewer", Role.REVIEWER),
            ana=person("ana@backoffice.example", "Ana Admin", Role.ADMINISTRATOR),
        )


@pytest.fixture
def peopled() -> bool:
    """Nobody is there: these tests create whom they need."""
    return False


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """The application at 2026-11-23 09:00 UTC; the clock stands still until a test moves it."""
    with clock.moved_to(NOW):
        app = build(tmp_path / "instance", database_url)
        yield app
        close(app)


@pytest.fixture
def full_strength(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashing with the real parameters, which the other tests do without."""
    monkeypatch.setattr(passwords, "_hasher", FULL_STRENGTH)
    passwords.dummy.cache_clear()
    yield
    passwords.dummy.cache_clear()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Ada (customer), Rita (reviewer), Ana (administrator)."""
    return people(app)


class Browser:
    """A client that sends forms the way a browser does: with the token of a page it has seen."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = address

    def get(self, path: str, **options: Any) -> Any:
        """Open a page."""
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, page: str = "/login", **options: Any) -> Any:
        """Send a form found on `page`."""
        return self.client.post(path, data={"csrf_token": self.token(page), **(data or {})}, **options)

    def token(self, page: str = "/login") -> str:
        """The CSRF token of `page` (its target, when it leads on)."""
        text = self.client.get(page).get_data(as_text=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        if found is None:
            found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get("/settings").get_data(as_text=True))
        assert found, text
        return unescape(found[1])

    def sign_in(self, email: str = "ada@lumen.example", password: str = PASSWORD, **data: str) -> Any:
        """Fill in the sign-in page."""
        return self.post("/login", {"email": email, "password": password, **data})

    def is_signed_in(self) -> bool:
        """Whether a page for signed-in people opens."""
        return bool(self.get("/settings").status_code == 200)

    @property
    def cookie(self) -> str:
        """The session cookie's value."""
        found = self.client.get_cookie("session")
        assert found is not None
        return found.value

    def copy(self, app: Flask) -> Browser:
        """A thief's browser with a copy of the cookie."""
        thief = Browser(app)
        thief.client.set_cookie("session", self.cookie)
        return thief


@pytest.fixture
def visitor(app: Flask, cast: Cast) -> Browser:
    """A browser nobody has signed in with."""
    return Browser(app)


@contextmanager
def later(**delta: float) -> Iterator[datetime]:
    """The clock so much after NOW."""
    instant = NOW + timedelta(**delta)
    with clock.moved_to(instant):
        yield instant


def scalars(app: Flask, statement: Any) -> list[Any]:
    """The first column of what a statement finds."""
    with app.app_context():
        return list(session.scalars(statement))


def actions(app: Flask) -> list[str]:
    """What the audit log holds since the cast was created."""
    every = scalars(app, select(AuditEvent.action).order_by(AuditEvent.id))
    return [action for action in every if action.startswith("user.") and action != "user.created"]
