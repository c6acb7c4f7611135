"""Signing in and out: sessions that can be revoked, limits that hold, guesses that are stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select, update

from backoffice import clock
from backoffice.accounts import passwords, services, sign_in
from backoffice.accounts.models import LoginSession, SignInAttempt, User
from backoffice.accounts.queries import sid_hash
from backoffice.accounts.rules import FAILURES_PER_ADDRESS, FAILURES_PER_EMAIL
from backoffice.audit.models import AuditEvent
from backoffice.database import Base, session, transaction
from backoffice.errors import Invalid
from backoffice.permissions import SYSTEM, Actor, Role
from tests.accounts.conftest import NOW, PASSWORD, Browser, Cast, build, close, people

NEW_PASSWORD = "a quite different phrase"
WRONG = "The email or the password is wrong."


@contextmanager
def later(**delta: float) -> Iterator[datetime]:
    instant = NOW + timedelta(**delta)
    with clock.moved_to(instant):
        yield instant


def scalars(app: Flask, statement: Any) -> list[Any]:
    with app.app_context():
        return list(session.scalars(statement))


def actions(app: Flask) -> list[str]:
    """What the audit log holds since the cast was created."""
    every = scalars(app, select(AuditEvent.action).order_by(AuditEvent.id))
    return [action for action in every if action.startswith("user.") and action != "user.created"]


def test_signing_in_leads_home_by_role(app: Flask, cast: Cast) -> None:
    homes = {"ada@lumen.example": "/invoices", "rita@backoffice.example": "/review", "ana@backoffice.example": "/admin"}
    for email, home in homes.items():
        browser = Browser(app)
        assert browser.sign_in(f" {email.upper()} ").headers["Location"] == "/"
        assert browser.get("/").headers["Location"] == home
    assert actions(app) == ["user.signed-in"] * 3


def test_the_form_has_its_words_and_works_without_scripts(visitor: Browser) -> None:
    page = visitor.get("/login").text
    assert '<label class="field-label is-required" for="email">Email</label>' in page
    assert '<label class="field-label is-required" for="password">Password</label>' in page
    assert "<span>Sign in</span>" in page


def test_the_database_keeps_no_session_secret_and_no_password(app: Flask, visitor: Browser) -> None:
    visitor.sign_in()
    [login] = scalars(app, select(LoginSession))
    with app.test_request_context(headers={"Cookie": f"session={visitor.cookie}"}):
        from flask import session as cookie

        sid = cookie["_user_id"]
    assert len(sid) >= 43
    assert login.sid_sha256 == sid_hash(sid)
    with app.app_context():
        stored = repr([session.execute(table.select()).all() for table in Base.metadata.sorted_tables])
    assert sid not in stored
    assert PASSWORD not in stored
    assert login.sid_sha256 in stored  # the reading would have found it


def test_wrong_unknown_and_deactivated_look_alike(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction():
        services.deactivate_user(SYSTEM, cast.rita, now=NOW)
    tries = [
        ("ada@lumen.example", "not the password"),
        ("nobody@lumen.example", PASSWORD),
        ("rita@backoffice.example", PASSWORD),
    ]
    for email, password in tries:
        browser = Browser(app)
        answer = browser.sign_in(email, password)
        assert (answer.status_code, WRONG in answer.text) == (400, True)
        assert f'value="{email}"' in answer.text
        assert password not in answer.text
        assert not browser.is_signed_in()


def test_unknown_people_cost_the_same_hash(
    app: Flask, full_strength: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda known, typed: checked.append(known) or real(known, typed))
    Browser(app).sign_in("ada@lumen.example", "not the password")
    Browser(app).sign_in("nobody@lumen.example", "not the password")
    known, unknown = checked
    assert unknown == passwords.dummy() != known
    assert known.split("$")[:4] == unknown.split("$")[:4]  # same algorithm, memory, passes and lanes


def test_empty_fields_are_marked(visitor: Browser) -> None:
    page = visitor.post("/login", {"email": " ", "password": ""})
    assert page.status_code == 400
    assert 'id="email-error"' in page.text
    assert 'id="password-error"' in page.text


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


def test_a_changed_password_ends_all_other_sessions(app: Flask, visitor: Browser) -> None:
    other = Browser(app)
    visitor.sign_in()
    other.sign_in()
    thief = other.copy(app)
    answer = visitor.post("/settings/password", {"old": PASSWORD, "new": NEW_PASSWORD}, page="/settings")
    assert answer.status_code == 302
    assert [each.is_signed_in() for each in (visitor, other, thief)] == [True, False, False]
    assert Browser(app).sign_in(password=PASSWORD).status_code == 400
    assert Browser(app).sign_in(password=NEW_PASSWORD).status_code == 302
    assert "user.password-changed" in actions(app)


def test_a_refused_change_of_password_changes_nothing(app: Flask, visitor: Browser) -> None:
    visitor.sign_in()
    for old, new, field in (
        ("not the password", NEW_PASSWORD, "old"),
        ("", NEW_PASSWORD, "old"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "ada@lumen.example", "new"),
        (PASSWORD, PASSWORD, "new"),
        (PASSWORD, "", "new"),
    ):
        answer = visitor.post("/settings/password", {"old": old, "new": new}, page="/settings")
        assert answer.status_code == 400, (old, new)
        assert f'id="{field}-error"' in answer.text, (old, new)
    assert Browser(app).sign_in(password=PASSWORD).status_code == 302
    assert "user.password-changed" not in actions(app)


def test_guessing_the_old_password_is_stopped_too(visitor: Browser) -> None:
    visitor.sign_in()
    guess = {"old": "not the password", "new": NEW_PASSWORD}
    statuses = [visitor.post("/settings/password", guess, page="/settings").status_code for _ in range(6)]
    assert statuses == [400] * FAILURES_PER_EMAIL + [429]


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


def test_five_wrong_passwords_close_the_door_for_a_quarter_of_an_hour(app: Flask, visitor: Browser) -> None:
    for _ in range(FAILURES_PER_EMAIL):
        assert visitor.sign_in(password="not the password").status_code == 400
    refused = visitor.sign_in()
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert "Too many attempts. Try again in 15 min." in refused.text
    with later(minutes=14):
        elsewhere = Browser(app, address="198.51.100.7")
        assert elsewhere.sign_in().status_code == 429
        assert Browser(app).sign_in("rita@backoffice.example").status_code == 302  # others are not locked out
    with later(minutes=15, seconds=1):
        assert visitor.sign_in().status_code == 302


def test_unknown_emails_are_throttled_alike(visitor: Browser) -> None:
    statuses = [visitor.sign_in("nobody@lumen.example", "x").status_code for _ in range(6)]
    assert statuses == [400] * FAILURES_PER_EMAIL + [429]


def test_a_success_clears_the_count_of_the_person(app: Flask, visitor: Browser) -> None:
    for minute in range(4):
        with later(minutes=minute):
            visitor.sign_in(password="not the password")
    with later(minutes=4):
        assert Browser(app).sign_in().status_code == 302
    for minute in range(5, 9):
        with later(minutes=minute):
            assert visitor.sign_in(password="not the password").status_code == 400
    with later(minutes=9):
        assert visitor.sign_in().status_code == 302


def test_one_address_may_not_try_many_people(app: Flask, visitor: Browser) -> None:
    with app.app_context(), transaction():
        for number in range(FAILURES_PER_ADDRESS):
            services.begin_attempt(f"person{number}@lumen.example", address="127.0.0.1", now=NOW)
    assert visitor.sign_in().status_code == 429
    assert Browser(app, address="198.51.100.7").sign_in().status_code == 302


def test_attempts_are_kept_without_the_text_typed_and_for_a_day(app: Flask, visitor: Browser) -> None:
    visitor.sign_in("my-password-by-mistake", "x")
    [attempt] = scalars(app, select(SignInAttempt))
    assert "mistake" not in attempt.email_sha256
    assert len(attempt.email_sha256) == 64
    with later(hours=25):
        visitor.sign_in()
    assert scalars(app, select(func.count()).select_from(SignInAttempt)) == [1]


def test_a_password_that_changed_meanwhile_is_not_proven(app: Flask, cast: Cast) -> None:
    with app.app_context():
        with transaction():
            attempt = services.begin_attempt("ada@lumen.example", address="", now=NOW)
        with transaction():
            services.reset_password(SYSTEM, cast.ada, NEW_PASSWORD, now=NOW)
        with transaction(), pytest.raises(Invalid):
            services.complete_sign_in(attempt, address="", user_agent="", now=NOW)
        assert session.scalar(select(func.count()).select_from(LoginSession)) == 0


def test_an_outdated_hash_is_renewed_at_the_next_sign_in(
    app: Flask, full_strength: None, visitor: Browser, cast: Cast
) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with app.app_context(), transaction():
        session.execute(update(User).where(User.id == cast.ada).values(password_hash=old))
    assert visitor.sign_in().status_code == 302
    [renewed] = scalars(app, select(User.password_hash).where(User.id == cast.ada))
    assert renewed != old
    assert not passwords.is_outdated(renewed)
    assert Browser(app).sign_in().status_code == 302


def test_after_signing_in_one_goes_on_to_the_page_asked_for(app: Flask, visitor: Browser) -> None:
    asked = visitor.get("/invoices?status=pending")
    assert asked.headers["Location"] == "/login?next=/invoices?status%3Dpending"
    assert 'value="/invoices?status=pending"' in visitor.get(asked.headers["Location"]).text
    assert visitor.sign_in(next="/invoices?status=pending").headers["Location"] == "/invoices?status=pending"


OTHER_SITES = ("https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)")


def test_nobody_is_sent_to_another_site(app: Flask, cast: Cast) -> None:
    for target in OTHER_SITES:
        browser = Browser(app)
        form = browser.get(f"/login?next={quote(target)}").text.partition("<main")[2]
        assert '<input type="hidden" name="next" value="">' in form, target
        assert browser.sign_in(next=target).headers["Location"] == "/", target
        assert browser.get(f"/login?next={quote(target)}").headers["Location"] == "/", target
        chosen = browser.post("/preferences", {"theme": "dark", "next": target}, page="/settings")
        assert chosen.headers["Location"] == "/", target


def test_the_person_stays_usable_around_a_transaction(app: Flask, visitor: Browser) -> None:
    visitor.sign_in()
    with app.test_request_context("/", headers={"Cookie": f"session={visitor.cookie}"}):
        from flask_login import current_user

        assert current_user.name == "Ada Wong"
        with transaction():
            assert current_user.account.name == "Lumen Labs"
        assert current_user.actor() == Actor(current_user.id, "Ada Wong", Role.CUSTOMER, current_user.account_id)


def test_no_form_is_taken_without_its_token(app: Flask, visitor: Browser) -> None:
    visitor.sign_in("ana@backoffice.example")
    before = scalars(app, select(func.count()).select_from(AuditEvent))
    unsafe = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(unsafe) >= 12
    answers = {}
    for rule in unsafe:
        path = rule.rule.replace("<int:user_id>", "1")
        answers[rule.endpoint] = visitor.client.post(path, data={"email": "x", "name": "x"}).status_code
    hers = {endpoint for endpoint in answers if endpoint.startswith("accounts.")}
    # Her own forms are refused for want of the token, other people's because they are not hers: nothing gets through.
    assert {answers[endpoint] for endpoint in hers} == {400}
    assert set(answers.values()) == {400, 403}
    assert scalars(app, select(func.count()).select_from(AuditEvent)) == before
    assert visitor.is_signed_in()


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
