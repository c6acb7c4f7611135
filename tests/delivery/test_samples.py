"""The pages that show every mail with sample values, and the test that somebody sends to themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice.database import session, transaction
from backoffice.delivery import jobs, queries, rules, samples
from backoffice.delivery.models import Message
from backoffice.delivery.views.samples import OCCASIONS
from tests.delivery.conftest import NOW
from tests.support.people import Cast
from tests.support.visitor import Visitor


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def sent_tests(app: Flask) -> list[Message]:
    with app.app_context():
        return list(session.scalars(select(Message).where(Message.about_type == rules.TEST)))


def test_every_mail_is_listed_and_has_every_value_it_needs(app: Flask, cast: Cast, visit: Callable[..., Visitor]):
    assert set(OCCASIONS) == set(rules.CONTEXT)
    for locale in rules.LOCALES:
        for name in rules.CONTEXT:
            assert rules.missing_context(name, samples.context(locale)) == []
    page = visit(cast.max).get("/mails").text
    assert set(re.findall(r'href="/mails/([a-z_]+)/en"', page)) == set(rules.CONTEXT)
    assert "Invoice INV-2026-000042 for Lumen Robotics Ltd." in page


@pytest.mark.parametrize("name", sorted(rules.CONTEXT))
def test_text_and_html_are_shown_in_both_languages(app: Flask, cast: Cast, visit: Callable[..., Visitor], name: str):
    rita = visit(cast.rita)
    for locale, sign in (("en", "This mail was sent automatically"), ("zh", "本邮件由系统自动发送")):
        page = rita.get(f"/mails/{name}/{locale}")
        assert page.status_code == 200
        assert sign in page.text
        html = rita.get(f"/mails/{name}/{locale}/html")
        assert sign in html.text
        assert "sandbox" in html.headers["Content-Security-Policy"]
        assert "script-src" not in html.headers["Content-Security-Policy"]


def test_the_invoices_mail_is_shown_with_its_link(app: Flask, cast: Cast, visit: Callable[..., Visitor]) -> None:
    assert "/documents/sample" in visit(cast.rita).get("/mails/issued/en").text
    assert "/documents/sample" not in visit(cast.rita).get("/mails/submitted/en").text
    settings = app.config["BACKOFFICE_SETTINGS"]
    app.config["BACKOFFICE_SETTINGS"] = settings.model_copy(update={"mail_link_days": 0})
    assert "/documents/sample" not in visit(cast.rita).get("/mails/issued/en").text


@pytest.mark.parametrize("address", ["/mails/none/en", "/mails/issued/fr", "/mails/issued/fr/html", "/mails/x/zh/html"])
def test_no_other_mail_and_no_other_language(app: Flask, cast: Cast, visit: Callable[..., Visitor], address: str):
    assert visit(cast.rita).get(address).status_code == 404


def test_a_test_goes_to_whoever_asks_and_says_what_it_is(app: Flask, cast: Cast, visit: Callable[..., Visitor]):
    rita = visit(cast.rita)
    rita.get("/mails/rejected/zh")
    assert rita.submit({}, button="Send a test to me").status_code == 303
    page = rita.follow()
    assert "A test is on its way to rita@backoffice.example." in words(page.text)
    assert "The last test is on its way." in words(page.text)
    (message,) = sent_tests(app)
    assert (message.recipient, message.locale, message.template) == (cast.rita.email, "zh", "rejected")
    assert (message.attachment_sha256, message.about_id) == (None, cast.rita.id)
    with app.app_context():
        from backoffice.delivery.messages import render

        mail = render("rejected", "zh", message.context)
    assert mail.subject.startswith("测试：")
    assert "这是一封测试邮件" in mail.text
    assert "这是一封测试邮件" in mail.html


def test_what_became_of_the_last_test_is_told_and_nobody_has_to_mend_it(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    rita = visit(cast.rita)
    rita.get("/mails/issued/en")
    rita.submit({}, button="Send a test to me")
    with app.app_context():
        jobs.send_due()
    assert "The last test is tried again later: no session with the mail server" in words(
        rita.get("/mails/issued/zh").text
    )
    for state, accepted_at, told in (
        ("failed", None, "refused the last test: 550 no"),
        ("accepted", NOW, "accepted the last test at"),
    ):
        with app.app_context(), transaction():
            session.execute(update(Message).values(state=state, accepted_at=accepted_at, server_answer="550 no"))
        assert told in words(rita.get("/mails/issued/en").text)
        assert "last test" not in words(rita.get("/mails/submitted/en").text)
        assert "last test" not in words(visit(cast.ana).get("/mails/issued/en").text)
        with app.app_context():
            assert queries.problems() == []


def test_only_those_who_act_may_send_a_test(app: Flask, cast: Cast, visit: Callable[..., Visitor]) -> None:
    for person in (cast.otto, cast.max):
        assert "Send a test to me" not in visit(person).get("/mails/issued/en").text
    assert "Send a test to me" in visit(cast.ana).get("/mails/issued/en").text
    assert sent_tests(app) == []


def test_tests_are_limited(app: Flask, cast: Cast, visit: Callable[..., Visitor]) -> None:
    rita = visit(cast.rita)
    for _ in range(20):
        rita.get("/mails/issued/en")
        assert rita.submit({}, button="Send a test to me").status_code == 303
    rita.get("/mails/issued/en")
    assert rita.submit({}, button="Send a test to me").status_code == 429
    assert len(sent_tests(app)) == 20


def test_the_page_is_in_the_readers_language_whatever_the_mail_is_in(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    rita = visit(cast.rita)
    rita.client.set_cookie("locale", "zh")
    page = rita.get("/mails/issued/en").text
    assert "给我发一封测试邮件" in page
    assert "This mail was sent automatically" in page
