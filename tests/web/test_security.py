"""Headers on every response, limits on every request, and a page for every error."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, redirect, render_template_string, request, session
from flask_babel import gettext
from flask_login import LoginManager
from sqlalchemy.exc import OperationalError
from wtforms import SelectField

import backoffice
from backoffice import config
from backoffice.database import init_database
from backoffice.errors import Conflict, Forbidden, Invalid, Message, NotFound, Unavailable
from backoffice.extensions import babel, csrf
from backoffice.web.errors import init_errors, translate
from backoffice.web.forms import AmountField, CleanString, DateField, Form, Required, SingleEmail, apply_errors, choices
from backoffice.web.guards import PUBLIC, guard, init_guards
from backoffice.web.interface import init_interface
from backoffice.web.locale import init_locale, remember
from backoffice.web.security import CONTENT_SECURITY_POLICY, init_security, request_id


class Sample(Form):
    """One field of each kind."""

    title = CleanString("Title", [Required()], max_length=10)
    remarks = CleanString("Remarks", max_length=500, multiline=True)
    amount = AmountField("Amount", [Required()])
    email = SingleEmail("Email")
    day = DateField("Day")
    kind = SelectField("Kind", choices=choices([("a", "A"), ("b", "B")]))


PAGE = """{% from "components/forms.html" import form as box, field %}
{% call box('/form', form) %}{% for each in form %}{{ field(each) }}{% endfor %}{% endcall %}"""

GOOD = {"title": "Title", "amount": "1,234.50", "email": "ada@lumen.example", "day": "2026-11-23", "kind": "a"}


def build(folder: Path, **overrides: Any) -> Flask:
    """The plumbing of the web without any capability, and a few pages that provoke it."""
    settings = config.load(demo=True, instance_path=folder, database_url="", **overrides)
    app = Flask("backoffice", template_folder=str(config.ROOT / "templates"))
    backoffice.configure(app, settings)
    init_database(app)
    init_security(app)
    LoginManager(app).user_loader(lambda _: None)
    csrf.init_app(app)
    init_locale(app, babel)
    init_interface(app)
    init_errors(app)
    init_guards(app)

    def page(path: str, view: Any, methods: tuple[str, ...] = ("GET",)) -> None:
        app.add_url_rule(path, endpoint=path.strip("/"), view_func=guard(PUBLIC)(view), methods=methods)

    def form() -> Any:
        sample = Sample()
        if sample.validate_on_submit():
            return {name: str(value) for name, value in sample.data.items()}
        return render_template_string(PAGE, form=sample), 400 if sample.is_submitted() else 200

    def refuse() -> Any:
        sample = Sample(formdata=None)
        apply_errors(sample, Invalid({"title": ["Enter an amount."], "elsewhere": ["Enter an amount."]}))
        return {"title": list(sample.title.errors), "top": list(sample.form_errors)}

    def chosen() -> Any:
        response = redirect("/form")
        remember(response, locale=request.args.get("locale"), theme=request.args.get("theme"))
        return response

    def fail(error: Exception) -> Any:
        def view() -> Any:
            raise error

        return view

    page("/form", form, ("GET", "POST"))
    page("/refused", refuse)
    page("/chosen", chosen)
    page("/where", lambda: {"address": request.remote_addr, "secure": request.is_secure, "host": request.host})
    page("/who", lambda: {"id": request_id(), "said": gettext("Pending")})
    page("/remember", lambda: session.update(seen=True) or "seen")
    page("/gone", fail(NotFound()))
    page("/closed", fail(Forbidden()))
    page("/late", fail(Conflict(Message("Decided by %(name)s.", name="<b>Rita</b>"))))
    page("/later", fail(Unavailable()))
    page("/bug", fail(RuntimeError("secret detail")))
    page("/locked", fail(OperationalError("UPDATE x", {}, Exception("database is locked"))))
    page("/wrong-sql", fail(OperationalError("SELECT x", {}, Exception("no such table: x"))))
    return app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return build(tmp_path)


def token(client: Any) -> str:
    text: str = client.get("/form").text
    return text.split('name="csrf_token" value="')[1].split('"')[0]


def send(client: Any, **values: str) -> Any:
    return client.post("/form", data={"csrf_token": token(client), **GOOD, **values})


@pytest.mark.parametrize("path", ["/form", "/gone", "/bug", "/nowhere", "/static/css/base.css"])
def test_every_response_carries_the_headers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path, buffered=True).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Request-ID"]


def test_the_policy_allows_no_inline_code_and_no_other_host() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in CONTENT_SECURITY_POLICY.split("; ")


def test_pages_are_not_kept_by_browsers_but_static_files_may_be(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/form").headers["Cache-Control"] == "no-store"
    assert client.get("/nowhere").headers["Cache-Control"] == "no-store"
    assert "no-store" not in client.get("/static/css/base.css", buffered=True).headers["Cache-Control"]


def test_cookies_are_bound_to_the_host_when_https_is_promised(tmp_path: Path) -> None:
    secure = build(tmp_path, secure_cookies=True).test_client().get("/remember", base_url="https://localhost")
    cookie = secure.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_without_https_the_cookie_still_is_out_of_reach_of_scripts(app: Flask) -> None:
    answer = app.test_client().get("/remember")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert "Strict-Transport-Security" not in answer.headers


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "other.example"}


def test_forwarded_headers_are_believed_only_when_the_settings_say_so(tmp_path: Path) -> None:
    plain = build(tmp_path).test_client().get("/where", headers=FORWARDED).json
    assert plain == {"address": "127.0.0.1", "secure": False, "host": "localhost"}
    behind = build(tmp_path, proxy_hops=1).test_client().get("/where", headers=FORWARDED).json
    assert behind == {"address": "203.0.113.9", "secure": True, "host": "other.example"}


def test_a_forged_first_hop_is_not_the_client(tmp_path: Path) -> None:
    headers = {"X-Forwarded-For": "10.9.9.9, 203.0.113.9"}
    assert build(tmp_path, proxy_hops=1).test_client().get("/where", headers=headers).json["address"] == "203.0.113.9"


def test_only_our_own_hosts_are_answered(tmp_path: Path) -> None:
    client = build(tmp_path, trusted_hosts=["invoices.example"]).test_client()
    assert client.get("/where", base_url="http://invoices.example").status_code == 200
    refused = client.get("/where", base_url="http://evil.example")
    assert refused.status_code == 400
    assert "evil" not in refused.text


def test_request_ids_come_from_us_unless_a_proxy_is_trusted(tmp_path: Path) -> None:
    given = {"X-Request-ID": "proxy-0001"}
    own = build(tmp_path).test_client().get("/who", headers=given)
    assert own.headers["X-Request-ID"] == own.json["id"] != "proxy-0001"
    trusted = build(tmp_path, proxy_hops=1).test_client()
    assert trusted.get("/who", headers=given).headers["X-Request-ID"] == "proxy-0001"
    assert trusted.get("/who", headers={"X-Request-ID": "a b\tc"}).headers["X-Request-ID"] != "a b\tc"


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/gone", 404, "There is nothing here"),
        ("/nowhere", 404, "There is nothing here"),
        ("/closed", 403, "This is not open to you"),
        ("/late", 409, "Somebody was faster"),
        ("/later", 503, "Not available right now"),
        ("/locked", 503, "Not available right now"),
        ("/bug", 500, "Something went wrong on our side"),
        ("/wrong-sql", 500, "Something went wrong on our side"),
    ],
)
def test_every_error_has_its_page(app: Flask, path: str, status: int, title: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == status
    assert title in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "secret detail" not in answer.text
    assert "SELECT" not in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_an_error_says_its_own_sentence_and_escapes_it(app: Flask) -> None:
    assert "Decided by &lt;b&gt;Rita&lt;/b&gt;." in app.test_client().get("/late").text


def test_the_wrong_method_says_which_one_is_right(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/gone", data={"csrf_token": token(client)})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_an_error_page_that_cannot_be_drawn_still_answers(app: Flask) -> None:
    app.jinja_env.globals["page_stylesheets"] = lambda: 1 / 0
    answer = app.test_client().get("/bug")
    assert answer.status_code == 500
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize("forged", [None, "", "forged"])
def test_a_form_without_its_token_is_refused_with_a_page_that_says_why(app: Flask, forged: str | None) -> None:
    client = app.test_client()
    token(client)
    data = GOOD if forged is None else {**GOOD, "csrf_token": forged}
    answer = client.post("/form", data=data)
    assert answer.status_code == 400
    assert "open for too long" in answer.text


def test_a_token_of_another_browser_is_refused(app: Flask) -> None:
    mine, other = app.test_client(), app.test_client()
    token(mine)
    assert mine.post("/form", data={**GOOD, "csrf_token": token(other)}).status_code == 400


def test_typed_text_becomes_values(app: Flask) -> None:
    answer = send(app.test_client(), remarks="two\r\nlines")
    assert answer.status_code == 200
    assert answer.json == {
        "title": "Title", "remarks": "two\nlines", "amount": "1234.50", "email": "ada@lumen.example",
        "day": "2026-11-23", "kind": "a",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("title", ""), ("title", "   "), ("title", "a\x00b"), ("title", "\u202eevil"), ("title", "x" * 11),
        ("amount", ""), ("amount", "NaN"), ("amount", "1e5"), ("amount", "1.234"), ("amount", "12,34"),
        ("email", "a@lumen.example, b@lumen.example"), ("email", "a@lumen.example;b@lumen.example"),
        ("email", "a@lumen.example\r\nBcc: x@evil.example"), ("email", "Ada <a@lumen.example>"),
        ("email", "名@lumen.example"),
        ("email", "a" * 5000 + "@lumen.example"), ("day", "23.11.2026"), ("day", "2026-13-01"), ("day", "20261123"),
        ("kind", "c"),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_marked_and_kept(app: Flask, field: str, typed: str) -> None:
    answer = send(app.test_client(), **{field: typed})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    others = [name for name in GOOD if name != field and f'id="{name}-error"' in answer.text]
    assert others == []
    if typed.isascii() and typed.isprintable() and typed.strip() and field != "kind":
        shown = typed.replace("<", "&lt;").replace(">", "&gt;")
        assert f'value="{shown}"' in answer.text


def test_ten_megabytes_of_remarks_get_their_error_beside_the_field(app: Flask) -> None:
    answer = send(app.test_client(), remarks="x" * (10 * 1024 * 1024))
    assert answer.status_code == 400
    assert 'id="remarks-error"' in answer.text


def test_more_than_the_limit_is_a_page_that_says_so(app: Flask) -> None:
    client = app.test_client()
    answer = send(client, remarks="x" * (13 * 1024 * 1024))
    assert answer.status_code == 413
    assert "This is too large" in answer.text


def test_refusals_of_a_rule_stand_beside_their_field_or_on_top(app: Flask) -> None:
    assert app.test_client().get("/refused").json == {"title": ["Enter an amount."], "top": ["Enter an amount."]}


def test_sentences_write_amounts_for_people(app: Flask) -> None:
    with app.test_request_context("/"):
        assert translate(Message("At most %(limit)s.", limit=Decimal("1234.50"))) == "At most ¥1,234.50."
        assert translate(Message("Because: %(why)s", why=Message("it is late"))) == "Because: it is late"


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        (None, "fr", "en"),
        ("zh", "en", "zh-CN"),
        ("en", "zh-CN", "en"),
        ("xx", "zh-CN", "zh-CN"),
    ],
)
def test_the_language_is_the_chosen_one_then_the_browsers(
    app: Flask, cookie: str | None, accepted: str | None, language: str
) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("locale", cookie)
    answer = client.get("/nowhere", headers={"Accept-Language": accepted} if accepted else {})
    assert f'<html lang="{language}"' in answer.text


def test_only_languages_and_themes_we_offer_are_remembered(app: Flask) -> None:
    good = app.test_client().get("/chosen?locale=zh&theme=dark").headers.getlist("Set-Cookie")
    assert [cookie.split(";")[0] for cookie in good] == ["locale=zh", "theme=dark"]
    assert app.test_client().get("/chosen?locale=de&theme=%0d%0aSet-Cookie:x").headers.getlist("Set-Cookie") == []
