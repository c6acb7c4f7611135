"""Sessions live in the database: they can be revoked, they end, and a copied cookie is worth nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select, table, text, update

from backoffice import clock
from backoffice.accounts import services, sign_in
from backoffice.accounts.models import LoginSession, User
from backoffice.accounts.queries import sid_hash
from backoffice.database import session, transaction
from backoffice.permissions import SYSTEM, Actor, Role
from tests.accounts.conftest import NOW, PASSWORD, Browser, Cast, actions, build, close, later, people, scalars

pytestmark = pytest.mark.both_databases


def test_the_database_keeps_no_session_secret_and_no_password(app: Flask, visitor: Browser) -> None:
    visitor.sign_in()
    [login] = scalars(app, select(LoginSession))
    with app.test_request_context(headers={"Cookie": f"session={visitor.cookie}"}):
        from flask import session as cookie

        sid = cookie["_user_id"]
    assert len(sid) >= 43
    assert login.sid_sha256 == sid_hash(sid)
    with app.app_context():
        tables = inspect(session.connection()).get_table_names()
        stored = repr([session.execute(select(text("*")).select_from(table(name))).all() for name in tables])
    assert sid not in stored
    assert PASSWORD not in stored
    assert login.sid_sha256 in stored  # the reading would have found it


def test_a_cookie_planted_before_signing_in_is_worth_nothing(app: Flask, visitor: Browser) -> None:
    before = visitor.token()
    planted = visitor.copy(app)
    visitor.sign_in()
    assert not planted.is_signed_in()
    assert planted.post("/preferences", {"csrf_token": before, "theme": "dark"}).status_code == 302
    refused = visitor.client.post("/logout", data={"csrf_token": before})
    assert refused.status_code == 400
    assert visitor.is_signed_in()


def test_a_copied_cookie_dies_with_the_session(app: Flask, visitor: Browser) -> None:
    visitor.sign_in()
    thief = visitor.copy(app)
    assert thief.is_signed_in()
    assert visitor.post("/logout", page="/settings").headers["Location"] == "/login"
    assert not thief.is_signed_in()
    assert not visitor.is_signed_in()
    assert scalars(app, select(LoginSession)) == []
    assert actions(app) == ["user.signed-in", "user.signed-out"]


def test_signing_out_twice_is_no_error(visitor: Browser) -> None:
    visitor.sign_in()
    visitor.post("/logout", page="/settings")
    assert visitor.post("/logout").headers["Location"] == "/login"


def test_signing_out_everywhere_keeps_only_this_browser(app: Flask, visitor: Browser) -> None:
    others = [Browser(app), Browser(app)]
    for each in (visitor, *others):
        each.sign_in()
    visitor.post("/settings/sign-out-everywhere", page="/settings")
    assert [each.is_signed_in() for each in (visitor, *others)] == [True, False, False]


def test_a_deactivated_person_is_out_at_once_and_stays_out(app: Flask, visitor: Browser, cast: Cast) -> None:
    visitor.sign_in()
    with app.app_context(), transaction():
        services.deactivate_user(SYSTEM, cast.ada, now=NOW)
    assert not visitor.is_signed_in()
    assert Browser(app).sign_in().status_code == 400
    with app.app_context(), transaction():
        services.reactivate_user(SYSTEM, cast.ada, now=NOW)
    assert not visitor.is_signed_in()  # an old cookie does not come back to life
    assert Browser(app).sign_in().status_code == 302


def test_the_loader_itself_refuses_inactive_people(app: Flask, visitor: Browser, cast: Cast) -> None:
    visitor.sign_in()
    with app.app_context(), transaction():
        session.execute(update(User).where(User.id == cast.ada).values(is_active=False))
    assert not visitor.is_signed_in()


def test_a_session_ends_after_silence(visitor: Browser) -> None:
    visitor.sign_in()
    with later(minutes=119):
        assert visitor.is_signed_in()
    with later(minutes=119 + 119):
        assert visitor.is_signed_in()  # the request before counted
    with later(minutes=119 + 119 + 120):
        assert not visitor.is_signed_in()


def test_a_session_ends_after_a_day_however_busy(visitor: Browser) -> None:
    visitor.sign_in()
    for hour in range(1, 24):
        with later(hours=hour):
            assert visitor.is_signed_in()
    with later(hours=24):
        assert not visitor.is_signed_in()


def test_the_use_of_a_session_is_noted_once_a_minute(app: Flask, visitor: Browser) -> None:
    seen = select(LoginSession.last_seen_at)
    visitor.sign_in()
    with later(seconds=59):
        visitor.get("/settings")
    assert scalars(app, seen) == [NOW]
    with later(seconds=60) as instant:
        visitor.get("/settings")
    assert scalars(app, seen) == [instant]


def test_a_busy_database_does_not_close_a_page_that_only_reads(
    app: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def locked(*_: Any, **__: Any) -> None:
        raise OperationalError("UPDATE login_session", {}, Exception("database is locked"))

    visitor.sign_in()
    monkeypatch.setattr(services, "touch", locked)
    with later(minutes=5):
        assert visitor.is_signed_in()


def test_the_person_stays_usable_around_a_transaction(app: Flask, visitor: Browser) -> None:
    visitor.sign_in()
    with app.test_request_context("/", headers={"Cookie": f"session={visitor.cookie}"}):
        from flask_login import current_user

        assert current_user.name == "Ada Wong"
        with transaction():
            assert current_user.account.name == "Lumen Labs"
        assert current_user.actor() == Actor(current_user.id, "Ada Wong", Role.CUSTOMER, current_user.account_id)


def test_there_is_no_remember_cookie(app: Flask, visitor: Browser) -> None:
    answer = visitor.sign_in(remember="1")
    names = {cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}
    assert names == {"session", "locale", "theme"}


def test_a_forged_remember_cookie_opens_nothing(app: Flask, visitor: Browser) -> None:
    from flask_login.utils import encode_cookie

    visitor.sign_in()
    with app.test_request_context(headers={"Cookie": f"session={visitor.cookie}"}):
        from flask import session as cookie

        value = encode_cookie(cookie["_user_id"])
    thief = Browser(app)
    for name in ("remember_token", "unused-remember-cookie"):
        thief.client.set_cookie(name, value)
    visitor.post("/logout", page="/settings")
    assert not thief.is_signed_in()


def test_the_limits_come_from_the_settings(tmp_path: Path, database_url: str) -> None:
    with clock.moved_to(NOW):
        app = build(tmp_path / "instance", database_url, session_idle_minutes=5, session_absolute_hours=1)
        people(app)
        browser = Browser(app)
        browser.sign_in()
    with later(minutes=4):
        assert browser.is_signed_in()
    with later(minutes=9):
        assert not browser.is_signed_in()
    with app.app_context():
        assert sign_in.limits().absolute == timedelta(hours=1)
    close(app)
