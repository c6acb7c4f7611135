"""Signing in and out, and changing the password: where one comes from and goes to."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select, update

from backoffice.accounts import passwords, services
from backoffice.accounts.models import LoginSession, User
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.errors import Invalid
from backoffice.permissions import SYSTEM
from tests.accounts.conftest import NOW, PASSWORD, Browser, Cast, actions, scalars

NEW_PASSWORD = "a quite different phrase"


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


def test_empty_fields_are_marked(visitor: Browser) -> None:
    page = visitor.post("/login", {"email": " ", "password": ""})
    assert page.status_code == 400
    assert 'id="email-error"' in page.text
    assert 'id="password-error"' in page.text


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


def test_no_form_is_taken_without_its_token(app: Flask, visitor: Browser) -> None:
    visitor.sign_in("ana@backoffice.example")
    before = scalars(app, select(func.count()).select_from(AuditEvent))
    unsafe = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(unsafe) >= 12
    answers = {}
    for rule in unsafe:
        path = rule.rule.replace("<int:user_id>", "1")
        answers[rule.endpoint] = visitor.client.post(path, data={"email": "x", "name": "x"}).status_code
    hers = {endpoint for endpoint in answers if endpoint.startswith("accounts.")} - {"accounts.save_mails"}
    # Her own forms are refused for want of the token, other people's because they are not hers: nothing gets through.
    assert {answers[endpoint] for endpoint in hers} == {400}
    assert set(answers.values()) == {400, 403}
    assert scalars(app, select(func.count()).select_from(AuditEvent)) == before
    assert visitor.is_signed_in()
