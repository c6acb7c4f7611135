"""What an administrator can do about people and accounts, and what nobody can."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, select, text, update
from sqlalchemy.exc import IntegrityError

from backoffice.accounts import invariants, queries, services
from backoffice.accounts.models import Account, LoginSession, User
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Forbidden, Invalid, NotFound
from backoffice.permissions import SYSTEM, Actor, Role
from tests.accounts.conftest import NOW, PASSWORD, Browser, Cast

LIN = {
    "email": "Lin@Lumen.example", "name": "Lin Chen", "role": "customer", "locale": "zh", "password": PASSWORD,
}  # fmt: skip


@pytest.fixture
def ana(app: Flask, cast: Cast) -> Browser:
    browser = Browser(app)
    browser.sign_in("ana@backoffice.example")
    return browser


def find(app: Flask, email: str) -> User | None:
    with app.app_context():
        return queries.find_person(email)


def test_the_list_shows_everybody(ana: Browser) -> None:
    page = ana.get("/admin").text
    for word in ("ada@lumen.example", "Rita Reviewer", "Administrator", "Lumen Labs"):
        assert word in page


@pytest.mark.parametrize("email", ["ada@lumen.example", "rita@backoffice.example"])
def test_only_administrators_enter(app: Flask, cast: Cast, email: str) -> None:
    browser = Browser(app)
    browser.sign_in(email)
    for path in ("/admin", "/admin/users/new", "/admin/accounts", "/admin/accounts/new", f"/admin/users/{cast.ada}"):
        assert browser.get(path).status_code == 403
    for path in ("password", "deactivate", "reactivate"):
        assert browser.post(f"/admin/users/{cast.rita}/{path}", {"new": PASSWORD}, page="/settings").status_code == 403


def test_a_new_person_can_sign_in(app: Flask, ana: Browser, cast: Cast) -> None:
    answer = ana.post("/admin/users/new", {**LIN, "account_id": str(cast.lumen)}, page="/settings")
    lin = find(app, "lin@lumen.example")
    assert lin is not None
    assert answer.headers["Location"] == f"/admin/users/{lin.id}"
    assert (lin.email, lin.role, lin.account_id, lin.locale) == ("lin@lumen.example", "customer", cast.lumen, "zh")
    browser = Browser(app)
    browser.sign_in("lin@lumen.example")
    assert '<html lang="zh-CN"' in browser.get("/settings").text


BROKEN_RULES: list[tuple[dict[str, str], str]] = [
    ({"email": "ADA@lumen.example"}, "email"),
    ({"email": "not an address"}, "email"),
    ({"email": "a@x.example, b@x.example"}, "email"),
    ({"name": ""}, "name"),
    ({"name": "\u202eLin"}, "name"),
    ({"role": "owner"}, "role"),
    ({"role": "reviewer"}, "account_id"),
    ({"account_id": ""}, "account_id"),
    ({"account_id": "999999"}, "account_id"),
    ({"locale": "de"}, "locale"),
    ({"password": "short"}, "password"),
    ({"password": "lin@lumen.example"}, "password"),
]


def test_a_person_who_breaks_a_rule_is_refused_beside_the_field(app: Flask, ana: Browser, cast: Cast) -> None:
    for changes, field in BROKEN_RULES:
        form = {**LIN, "account_id": str(cast.lumen), **changes}
        answer = ana.post("/admin/users/new", form, page="/settings")
        assert answer.status_code == 400, changes
        assert f'id="{field}-error"' in answer.text, changes
    assert find(app, "lin@lumen.example") is None


def test_deactivating_and_letting_in_again(app: Flask, ana: Browser, cast: Cast) -> None:
    ada = Browser(app)
    ada.sign_in()
    ana.post(f"/admin/users/{cast.ada}/deactivate", page="/settings")
    assert not ada.is_signed_in()
    assert Browser(app).sign_in().status_code == 400
    assert "Reactivate" in ana.get(f"/admin/users/{cast.ada}").text
    ana.post(f"/admin/users/{cast.ada}/reactivate", page="/settings")
    assert Browser(app).sign_in().status_code == 302
    with app.app_context():
        events = session.execute(
            select(AuditEvent.action, AuditEvent.actor_label).where(
                AuditEvent.object_type == "user", AuditEvent.object_id == str(cast.ada), AuditEvent.via == "web"
            )
        ).all()
    by_ana = [action for action, label in events if label == "Ana Admin"]
    assert by_ana == ["user.deactivated", "user.reactivated"]


def test_nobody_locks_themselves_out(app: Flask, ana: Browser, cast: Cast) -> None:
    assert "Deactivate" not in ana.get(f"/admin/users/{cast.ana}").text
    assert ana.post(f"/admin/users/{cast.ana}/deactivate", page="/settings").status_code == 409
    assert ana.is_signed_in()


def test_a_reset_password_ends_the_sessions(app: Flask, ana: Browser, cast: Cast) -> None:
    ada = Browser(app)
    ada.sign_in()
    weak = ana.post(f"/admin/users/{cast.ada}/password", {"new": "short"}, page="/settings")
    assert (weak.status_code, 'id="new-error"' in weak.text, ada.is_signed_in()) == (400, True, True)
    ana.post(f"/admin/users/{cast.ada}/password", {"new": "one two three four"}, page="/settings")
    assert not ada.is_signed_in()
    assert Browser(app).sign_in(password="one two three four").status_code == 302


def test_somebody_who_does_not_exist_is_not_found(ana: Browser) -> None:
    assert ana.get("/admin/users/999999").status_code == 404
    assert ana.get(f"/admin/users/{10**40}").status_code == 404
    assert ana.post("/admin/users/999999/deactivate", page="/settings").status_code == 404


def test_a_new_account_is_listed(ana: Browser) -> None:
    ana.post("/admin/accounts/new", {"code": "Yunqi", "name": "云栖智能"}, page="/settings")
    page = ana.get("/admin/accounts").text
    assert "yunqi" in page
    assert "云栖智能" in page


def test_an_account_that_breaks_a_rule_is_refused(ana: Browser) -> None:
    for code, name, field in (("lumen", "X", "code"), ("a b", "X", "code"), ("x", "", "name")):
        answer = ana.post("/admin/accounts/new", {"code": code, "name": name}, page="/settings")
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text


def test_services_refuse_whoever_lacks_the_right(app: Flask, cast: Cast) -> None:
    rita = Actor(cast.rita, "Rita", Role.REVIEWER)
    with app.app_context(), transaction():
        with pytest.raises(Forbidden):
            services.create_account(rita, code="x", name="X", now=NOW)
        with pytest.raises(Forbidden):
            services.deactivate_user(rita, cast.ada, now=NOW)
        with pytest.raises(Forbidden):
            services.reset_password(rita, cast.ada, "one two three four", now=NOW)
        with pytest.raises(Forbidden):
            services.sign_out_everywhere(rita, cast.ada, now=NOW)
        with pytest.raises(Conflict):
            services.deactivate_user(Actor(cast.ana, "Ana", Role.ADMINISTRATOR), cast.ana, now=NOW)
        with pytest.raises(NotFound):
            services.reset_password(SYSTEM, 999_999, "one two three four", now=NOW)
        with pytest.raises(Invalid) as refused:
            services.create_user(SYSTEM, email="x", name="", role=Role.CUSTOMER, password="", locale="de", now=NOW)
    assert set(refused.value.fields) == {"email", "name", "account_id", "locale", "password"}


REFUSED_BY_THE_DATABASE = [
    update(Account).values(reserved=-1),
    update(Account).values(invoiced=-1),
    update(User).values(role="owner"),
    update(User).where(User.role == "customer").values(account_id=None),
    update(User).values(locale="de"),
    update(User).values(theme="pink"),
    text("UPDATE app_user SET email = 'ADA@lumen.example' WHERE role = 'customer'"),
    text("UPDATE app_user SET account_id = (SELECT id FROM account) WHERE role = 'reviewer'"),
]


def test_the_database_refuses_what_the_services_never_write(app: Flask, cast: Cast) -> None:
    with app.app_context():
        for statement in REFUSED_BY_THE_DATABASE:
            with pytest.raises(IntegrityError), transaction():
                session.execute(statement)


def switch_off_checks() -> None:
    """Let the connection write what only a broken program or a hand in the database could."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA ignore_check_constraints = ON"))
        return
    for table in (User.__table__, Account.__table__, LoginSession.__table__):
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                session.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT {constraint.name}"))


def test_the_invariants_hold_and_find_seeded_faults(app: Flask, cast: Cast) -> None:
    Browser(app).sign_in()
    with app.app_context():
        assert list(invariants.check()) == []
        with transaction():
            session.execute(update(User).where(User.id == cast.ada).values(is_active=False, password_hash="plain"))
            switch_off_checks()
            session.execute(
                text("UPDATE app_user SET role = 'owner', email = 'RITA@x.example' WHERE name LIKE 'Rita%'")
            )
            session.execute(text("UPDATE app_user SET account_id = NULL WHERE role = 'customer'"))
            session.execute(text("UPDATE account SET reserved = -1"))
            session.execute(text("UPDATE login_session SET last_seen_at = '2020-01-01 00:00:00.000000'"))
        faults = "\n".join(invariants.check())
        [login_id] = session.scalars(select(LoginSession.id))
    for fault in (
        f"user {cast.ada}: only customers",
        f"user {cast.ada}: the password is not kept",
        f"user {cast.rita}: the role is unknown",
        f"user {cast.rita}: the email is not in lower case",
        f"account {cast.lumen}: reserved or invoiced is negative",
        f"session {login_id}: it outlived",
        f"session {login_id}: it was last seen before",
    ):
        assert fault in faults


def test_settings_are_kept_with_the_person_and_on_the_device(app: Flask, visitor: Browser, cast: Cast) -> None:
    visitor.sign_in()
    answer = visitor.post("/settings", {"locale": "zh", "theme": "dark"}, page="/settings")
    assert answer.status_code == 302
    page = visitor.get("/settings").text
    assert '<html lang="zh-CN" data-theme="dark"' in page
    ada = find(app, "ada@lumen.example")
    assert ada is not None
    assert (ada.locale, ada.theme) == ("zh", "dark")
    elsewhere = Browser(app)
    elsewhere.sign_in()
    assert '<html lang="zh-CN" data-theme="dark"' in elsewhere.get("/settings").text


def test_language_and_theme_can_be_chosen_before_signing_in(visitor: Browser) -> None:
    answer = visitor.post("/preferences", {"locale": "zh", "next": "/login?next=/invoices"})
    assert answer.headers["Location"] == "/login?next=/invoices"
    visitor.post("/preferences", {"theme": "dark"})
    assert '<html lang="zh-CN" data-theme="dark"' in visitor.get("/login").text


def test_own_sessions_are_listed_and_this_one_is_marked(app: Flask, visitor: Browser) -> None:
    Browser(app, address="198.51.100.7").sign_in()
    visitor.sign_in()
    page = visitor.get("/settings").text
    assert "198.51.100.7" in page
    assert page.count("This one") == 1
