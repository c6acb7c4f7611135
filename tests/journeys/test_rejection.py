"""A rejection at plain browsers: reasons, ready texts, the mail beforehand, and what the resubmission made of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.requests.models import Decision
from backoffice.requests.rules import Reason
from backoffice.review.rules import SNIPPETS
from backoffice.review.services import decisions
from tests.journeys.stage import LUMEN_HEADER, Stage
from tests.support.people import Person
from tests.support.sql import statements
from tests.support.visitor import Visitor

NAME = LUMEN_HEADER["name"]


@pytest.fixture
def number(stage: Stage) -> str:
    """A request of Ada's."""
    return stage.apply(stage.cast.ada, "250.00", remarks="PO 1")


def text(page: str) -> str:
    """The page with its signs as people read them."""
    return html.unescape(page)


def fact(page: str, term: str) -> str:
    """What stands beside a term of the page's facts."""
    return text(page).partition(f"<dt>{term}</dt>")[2].partition("</div>")[0]


def letter(page: str) -> tuple[str, str]:
    """Subject and text of the mail that the page shows."""
    shown = re.search(
        r'class="letter-subject"[^>]*>(.*?)</p>\s*<div class="letter-text[^>]*>(.*?)</div>', page, re.DOTALL
    )
    assert shown, "no mail on the page"
    return text(shown[1]), text(shown[2])


def told(stage: Stage, who: Person) -> tuple[str, str]:
    """Subject and text of the last mail that really went to somebody."""
    stage.work()
    mail = stage.mails(who.email)[-1]
    return mail.summary.subject, mail.text


def test_a_ready_text_brings_its_reason_and_fields_and_the_mail_is_the_one_shown(
    stage: Stage, visit: Callable[..., Visitor], number: str
) -> None:
    rita = visit(stage.cast.rita)
    rita.get(f"/review/{number}/reject")
    page = rita.submit({"remarks": "Dear customer,"}, button="tax_id-0").text
    words = f"The tax ID does not belong to {NAME}."
    assert f"Dear customer,\n{words}" in text(page).partition("<textarea")[2]
    assert re.findall(r'value="(\w+)" checked', re.sub(r' data-fields="[^"]*"', "", page)) == [
        "tax_id", "name", "tax_id",
    ]  # fmt: skip
    shown = letter(rita.submit(button="Preview the email").text)
    assert stage.request(number).state == "pending"
    assert rita.submit(button="Reject").status_code == 303
    assert stage.request(number).state == "rejected"
    subject, body = told(stage, stage.cast.ada)
    assert (subject, body.strip().split("\n")) == (shown[0], shown[1].strip().split("\n"))
    assert "Please correct: Name, Tax ID" in body or "Please correct: Tax ID, Name" in body
    assert words in " ".join(body.split())


@pytest.mark.parametrize(("locale", "opens"), [("en", "The tax ID does not belong"), ("zh", "税号与")])
def test_ready_texts_are_in_the_customers_language_and_read_in_ones_own(
    stage: Stage, visit: Callable[..., Visitor], locale: str, opens: str
) -> None:
    number = stage.apply(stage.cast.ada, "250.00", locale=locale)
    for ours in ("en", "zh"):
        rita = visit(stage.cast.rita)
        rita.client.set_cookie("locale", ours)
        page = text(rita.get(f"/review/{number}/reject").text)
        offered = re.findall(r'data-offer="(\w+)" data-text="([^"]*)"', page)
        assert [reason for reason, _ in offered] == [reason for reason in Reason for _ in SNIPPETS[reason]]
        first = next(words for reason, words in offered if reason == "tax_id")
        assert first.startswith(opens)
        assert NAME in first
        assert "¥250.00" in str(offered)
        assert stage.cast.ada.email in str(offered)
        readings = re.findall(r'<p class="field-hint">(.*?)</p></div>\s*<button', page)
        assert len(readings) == (0 if ours == locale else len(offered)), f"{ours} reads {locale}"


def test_what_is_missing_is_said_before_the_mail_is_shown(
    stage: Stage, visit: Callable[..., Visitor], number: str
) -> None:
    rita = visit(stage.cast.rita)
    rita.get(f"/review/{number}/reject")
    answer = rita.submit({"reason": ["email", "amount"], "remarks": " "}, button="Preview the email")
    assert answer.status_code == 422
    assert "Tell the customer what to correct." in answer.text
    assert 'class="letter-subject"' not in answer.text
    answer = rita.submit({"remarks": "x" * 501}, button="Preview the email")
    assert answer.status_code == 422
    assert re.findall(r'value="(\w+)" data-fields="[^"]*" checked', answer.text) == ["amount", "email"]
    answer = rita.submit({"remarks": "Mend it.", "fields": ["nonsense"]}, button="Reject")
    assert "Choose fields of the application." in answer.text
    assert stage.request(number).state == "pending"


def test_several_reasons_stand_at_the_fields_they_mean(
    stage: Stage, visit: Callable[..., Visitor], number: str
) -> None:
    rita, ada = visit(stage.cast.rita), visit(stage.cast.ada)
    rita.get(f"/review/{number}/reject")
    rita.submit({"reason": ["bank_details", "email", "other"], "fields": ["bank", "email", "support"],
                 "remarks": "One.\nTwo."}, button="Reject")  # fmt: skip
    page = ada.get(f"/invoices/{number}").text
    marked = {term: fact(page, term) for term in ("Receiving Email", "Bank", "Supporting file", "Address", "Remarks")}
    assert [term for term, said in marked.items() if "To correct" in said] == [
        "Receiving Email", "Bank", "Supporting file",
    ]  # fmt: skip
    assert "The receiving email looks wrong" in marked["Receiving Email"]
    assert "Another reason" in marked["Supporting file"]
    assert "The receiving email looks wrong" not in marked["Bank"] + marked["Supporting file"]
    ada.get(f"/invoices/apply?resubmit={number}")
    form = text(ada.follow().text)
    for said in ('<a href="#email">Receiving Email</a>', '<a href="#header_id">Bank</a>',
                 '<a href="#support_file">Supporting file</a>'):  # fmt: skip
        assert said in form
    assert fact(rita.get(f"/review/{number}").text, "Fields to correct").count(",") == 2
    with stage.app.app_context():
        kept = session.scalars(select(Decision)).one()
        assert (kept.reasons, kept.fields) == (["bank_details", "email", "other"], ["bank", "email", "support"])
        after = session.scalars(select(AuditEvent).where(AuditEvent.action == "request.reject")).one().after
        assert after is not None
        assert (after["reasons"], after["fields"]) == (kept.reasons, kept.fields)


def test_no_field_on_purpose_is_none(stage: Stage, visit: Callable[..., Visitor], number: str) -> None:
    rita, ada = visit(stage.cast.rita), visit(stage.cast.ada)
    rita.get(f"/review/{number}/reject")
    rita.submit({"reason": ["tax_id"], "pointed": "mine", "remarks": "Ring us."}, button="Reject")
    assert "To correct" not in ada.get(f"/invoices/{number}").text
    assert "Please correct" not in told(stage, stage.cast.ada)[1]


def test_the_reviewer_sees_what_a_resubmission_changed(stage: Stage, visit: Callable[..., Visitor]) -> None:
    first = stage.apply(stage.cast.ada, "250.00", remarks="PO 1")
    rui = stage.cast.rui
    given = {"reason": ["amount", "email"], "remarks": "Too much, and a wrong address."}
    stage.do(decisions.reject, rui.actor, first, **given)
    second = stage.apply(stage.cast.ada, "240.00", remarks="PO 2", follows=first)
    rita = visit(stage.cast.rita)
    with statements(stage.app) as sent:
        page = rita.get(f"/review/{second}").text
    assert len(sent) == 14, "as many as any request costs"
    shown = text(page).partition(f"Changed since {first}")[2].partition("</section>")[0]
    for said in (rui.name, given["remarks"], "¥250.00", "¥240.00", "PO 1", "PO 2"):
        assert said in shown
    assert "Receiving Email" in fact(shown, "Not corrected")
    assert "Invoice Amount" not in fact(shown, "Not corrected")
    stage.reject(second)
    same = stage.apply(stage.cast.ada, "240.00", remarks="PO 2", follows=second)
    assert "word for word" in text(rita.get(f"/review/{same}").text).partition(f"Changed since {second}")[2][:1500]
    assert "Changed since" not in rita.get(f"/review/{first}").text
