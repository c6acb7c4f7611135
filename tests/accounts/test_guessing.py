"""Guesses are stopped, and tell nothing: not who exists, not how long a hash takes."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.accounts import passwords, services
from backoffice.accounts.models import SignInAttempt
from backoffice.accounts.rules import FAILURES_PER_ADDRESS, FAILURES_PER_EMAIL
from backoffice.database import transaction
from backoffice.permissions import SYSTEM
from tests.accounts.conftest import NOW, PASSWORD, Browser, Cast, later, scalars

pytestmark = pytest.mark.both_databases

NEW_PASSWORD = "a quite different phrase"
WRONG = "The email or the password is wrong."


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


def test_guessing_the_old_password_is_stopped_too(visitor: Browser) -> None:
    visitor.sign_in()
    guess = {"old": "not the password", "new": NEW_PASSWORD}
    statuses = [visitor.post("/settings/password", guess, page="/settings").status_code for _ in range(6)]
    assert statuses == [400] * FAILURES_PER_EMAIL + [429]


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
