"""The page of a request after it was submitted: its timeline, its mails, corrections, sending again, printing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.delivery.models import Message
from backoffice.issuing import jobs as issuing
from backoffice.ledger.services import entries
from backoffice.requests import jobs as requests
from backoffice.review.services import decisions as review
from tests.portal.conftest import Customer, World, recharge, text


def end(world: World, state: str, recipient: str, template: str = "issued") -> None:
    """Let the mail to an address come to an end."""
    with world.app.app_context(), transaction():
        session.execute(
            update(Message)
            .where(Message.recipient == recipient, Message.template == template)
            .values(state=state, accepted_at=clock.now() if state == "accepted" else None)
        )


def timeline(page: str) -> list[str]:
    """The entries of the timeline as text, in their order."""
    entries = page.partition('<ol class="timeline"')[2].partition("</ol>")[0].split("<li ")[1:]
    return [" ".join(re.sub(r"<[^>]*>", " ", entry.partition(">")[2]).split()) for entry in entries]


def test_the_timeline_says_when_and_in_which_role(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example")
    world.issue(number)
    end(world, "accepted", "ap@lumen.example")
    submitted, approved, issued = timeline(text(ada.get(f"/invoices/{number}")))
    assert submitted.startswith("Submitted 6 Mar 2026, 11:00 · Customer")
    assert approved.startswith("Approved 6 Mar 2026, 11:00 · Reviewer Remarks All fine.")
    assert issued.startswith("Issued 6 Mar 2026, 11:01 · System · INV-2026-000001 Mailed to ap@lumen.example")
    for name in ("Ada", "Rita"):
        assert name not in submitted + approved + issued


def test_a_rejection_and_its_resubmission_are_linked_in_the_timeline(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5")
    world.reject(number)
    ada.get(f"/invoices/apply?resubmit={number}")
    ada.press("review")
    again = ada.press("submit").headers["Location"].rpartition("/")[2]
    entries = timeline(text(ada.get(f"/invoices/{number}")))
    assert "Reviewer The tax ID does not match the name Mend the tax ID." in entries[1]
    assert entries[-1] == f"Resubmitted as {again}"
    assert f"Resubmission of {number}" in timeline(text(ada.get(f"/invoices/{again}")))[0]


def test_money_that_was_taken_and_came_back_is_told(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10000")
    with world.app.app_context():
        for days, line in enumerate(
            (replace(recharge("F1", "lumen", "40"), kind="refund", refund_of="R1"), recharge("R9", "lumen", "15")), 1
        ):
            with transaction():
                entries.book([line], source="test", now=clock.now() + timedelta(days=days))
    told = timeline(text(ada.get(f"/invoices/{number}")))
    assert told[1].startswith("A refund took money away 7 Mar 2026")
    assert "¥25.00 is missing. New recharges cover it by themselves." in told[1], "what still is"
    assert told[2].startswith("Covered by money that became free 8 Mar 2026")
    assert "¥15.00" in told[2]


def test_the_notice_of_an_approval_stands_beside_it(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example")
    world.act(review.approve, world.cast.rita.actor, number)
    with clock.moved_to(clock.now() + timedelta(minutes=16)):
        with world.app.app_context():
            assert requests.tell_approved() == 1
        end(world, "accepted", "ap@lumen.example", "approved")
        told = timeline(text(ada.get(f"/invoices/{number}")))
    assert told[1].startswith("Approved 6 Mar 2026, 11:00 · Reviewer Mailed to ap@lumen.example at")


@pytest.mark.parametrize("went_on", [True, False], ids=["issued", "returned"])
def test_a_notice_that_was_stopped_does_not_read_like_a_fault(ada: Customer, world: World, went_on: bool) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example")
    world.act(review.approve, world.cast.rita.actor, number)
    with clock.moved_to(clock.now() + timedelta(minutes=16)):
        with world.app.app_context():
            assert requests.tell_approved() == 1
        if went_on:
            with world.app.app_context():
                assert issuing.issue_due() == 1
        else:
            world.act(review.return_to_queue, world.cast.rita.actor, number, why="Look again")
        end(world, "cancelled", "ap@lumen.example", "approved")
        told = timeline(text(ada.get(f"/invoices/{number}")))
    assert told[1].startswith("Approved 6 Mar 2026, 11:00 · Reviewer")
    assert "ap@lumen.example" not in told[1]


def test_each_question_has_a_mail_of_its_own(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="first@lumen.example")
    world.ask(number, "Which contract?")
    end(world, "accepted", "first@lumen.example", "information_wanted")
    with clock.moved_to(clock.now() + timedelta(hours=1)):
        ada.get(f"/invoices/{number}/answer")
        assert ada.submit({"answer": "C-1"}).status_code == 303
        ada.get(f"/invoices/{number}/correct")
        assert ada.submit({"email": "second@lumen.example"}).status_code == 303
        world.ask(number, "Which order?")
    told = [entry for entry in timeline(text(ada.get(f"/invoices/{number}"))) if entry.startswith("Question to you")]
    assert ["first@lumen.example" in entry for entry in told] == [True, False]
    assert ["second@lumen.example" in entry for entry in told] == [False, True]
    looks = re.findall(r'timeline-(\w+)">\s*<p class="timeline-title">Question to you', ada.page.text)
    assert looks == ["done", "current"], "only the question that waits stands out"
    world.issue(number)
    looks = re.findall(
        r'timeline-(\w+)">\s*<p class="timeline-title">Question to you', ada.get(f"/invoices/{number}").text
    )
    assert looks == ["done", "done"]


def test_each_recipient_has_a_truth_of_its_own(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example", copies="one@x.example, two@x.example")
    world.issue(number)
    end(world, "accepted", "ap@lumen.example")
    end(world, "failed", "one@x.example")
    issued = timeline(text(ada.get(f"/invoices/{number}")))[-1]
    assert "Mailed to ap@lumen.example at" in issued
    assert "Mail failed one@x.example did not accept it." in issued
    assert "Mail on its way to two@x.example" in issued
    links = re.findall(r'href="(/invoices/[^"]+send-again[^"]+)"', ada.page.text)
    # Not the one that is still on its way.
    assert links == [f"/invoices/{number}/send-again?to={to}" for to in ("ap@lumen.example", "one@x.example")]


def test_a_failed_mail_is_corrected_and_sent_again(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="wrong@lumen.example")
    world.issue(number)
    end(world, "failed", "wrong@lumen.example")
    ada.get(f"/invoices/{number}/send-again?to=wrong@lumen.example")
    assert ada.submit({"email": "nobody"}).status_code == 422
    assert "This is not an email address" in text(ada.page).partition('id="email-error"')[2].partition("</p>")[0]
    assert ada.submit({"email": "right@lumen.example"}).status_code == 303
    page = text(ada.follow())
    assert "The invoice is on its way to right@lumen.example." in page
    assert "Mail on its way to right@lumen.example" in timeline(page)[2]
    assert "Invoice sent again" in timeline(page)[3]
    assert "right@lumen.example instead of wrong@lumen.example" in timeline(page)[3]
    assert world.request(number).email == "right@lumen.example"


def test_a_second_click_on_send_again_is_refused_in_words(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="ap@lumen.example")
    world.issue(number)
    end(world, "accepted", "ap@lumen.example")
    ada.get(f"/invoices/{number}/send-again")
    shown, path = ada.page, ada.path
    assert ada.submit(button="Send again").status_code == 303
    ada.page, ada.path = shown, path
    ada.submit(button="Send again")
    assert "The mail to ap@lumen.example is still on its way." in text(ada.follow())
    assert "Wait until this mail has arrived" in text(ada.get(f"/invoices/{number}/send-again"))


def test_a_form_for_a_mail_that_was_corrected_meanwhile_leads_to_how_it_stands(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="wrong@lumen.example")
    world.issue(number)
    end(world, "failed", "wrong@lumen.example")
    opened = f"/invoices/{number}/send-again?to=wrong@lumen.example"
    ada.get(opened)
    shown, path = ada.page, ada.path
    ada.submit({"email": "right@lumen.example"}, button="Send again")
    assert "on its way to right@lumen.example" in text(ada.follow())
    ada.page, ada.path = shown, path
    ada.submit({"email": "right@lumen.example"}, button="Send again")
    assert "was sent anew to another address meanwhile" in text(ada.follow())
    assert ada.get(opened).status_code == 303
    assert "does not go to that address any more" in text(ada.follow())


def both_asked(ada: Customer, world: World, question: str) -> tuple[str, Customer]:
    """A request of Ada's with an open question, and her colleague Lin; both have the page with the answer open."""
    number = ada.apply(amount="5")
    world.ask(number, question)
    lin = world.customer("lin")
    for each in (lin, ada):
        each.get(f"/invoices/{number}/answer")
    return number, lin


def test_an_answer_stands_under_the_question_it_was_written_for(ada: Customer, world: World) -> None:
    number, lin = both_asked(ada, world, "Is the amount right?")
    lin.submit({"answer": "Yes"}, button="Send the answer")
    world.ask(number, "May we issue it to the parent company instead?")
    answer = ada.submit({"answer": "Yes, it is right."}, button="Send the answer")
    assert answer.status_code == 409
    assert "Another question is asked now." in text(answer)
    assert "May we issue it to the parent company instead?" in text(answer)
    assert "Yes, it is right.</textarea>" in text(answer)
    assert ada.submit({"answer": "No"}, button="Send the answer").status_code == 303


def test_the_second_of_two_answers_is_shown_once_more(ada: Customer, world: World) -> None:
    _, lin = both_asked(ada, world, "Which contract is it?")
    ada.submit({"answer": "HT-1"}, button="Send the answer")
    answer = lin.submit({"answer": "HT-1, signed in March"}, button="Send the answer")
    assert answer.status_code == 409
    assert "HT-1, signed in March" in text(answer)
    assert "No question waits for an answer here any more." in text(answer)


def test_an_answer_sent_twice_by_one_person_is_sent(ada: Customer, world: World) -> None:
    number, _ = both_asked(ada, world, "Which contract is it?")
    form = ada.page
    for _ in range(2):
        ada.page = form
        assert ada.submit({"answer": "HT-1\r\nof March"}, button="Send the answer").status_code == 303
    page = text(ada.follow())
    assert (ada.path, "Your answer is sent." in page) == (f"/invoices/{number}", True)
    assert page.count("HT-1\nof March") == 1


def test_the_address_is_corrected_while_pending(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="wrong@lumen.example")
    assert f"/invoices/{number}/correct" in text(ada.get(f"/invoices/{number}"))
    ada.get(f"/invoices/{number}/correct")
    answer = ada.submit({"email": "a, b", "copies": "kept@x.example"})
    assert answer.status_code == 422
    assert 'value="kept@x.example"' in text(answer)
    ada.submit({"email": "right@lumen.example", "copies": "kept@x.example"})
    page = text(ada.follow())
    assert "Mails go to right@lumen.example, kept@x.example." in timeline(page)[1]
    assert "Mail on its way to right@lumen.example" in timeline(page)[0]
    assert world.request(number).recipients == ["right@lumen.example", "kept@x.example"]


def test_a_correction_does_not_undo_a_colleagues_in_silence(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="typo@lumen.example")
    lin = world.customer("lin")
    lin.get(f"/invoices/{number}/correct")
    ada.get(f"/invoices/{number}/correct")
    ada.submit({"email": "right@lumen.example", "copies": "kept@x.example"})
    # A fault of another kind first: it does not count as having seen the correction.
    lin.submit({"email": "x", "copies": "boss@x.example"})
    answer = lin.submit({"email": "typo@lumen.example", "copies": "boss@x.example"})
    assert answer.status_code == 422
    assert "changed to right@lumen.example, kept@x.example, perhaps by a colleague" in text(answer)
    assert 'value="boss@x.example"' in text(answer)
    assert world.request(number).recipients == ["right@lumen.example", "kept@x.example"]
    lin.submit({"email": "typo@lumen.example", "copies": "boss@x.example"})
    assert world.request(number).recipients == ["typo@lumen.example", "boss@x.example"]


def test_a_correction_that_comes_too_late_says_where_it_stands(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5", email="wrong@lumen.example")
    offered = f'href="/invoices/{number}/correct"'
    assert offered in text(ada.get(f"/invoices/{number}"))
    ada.get(f"/invoices/{number}/correct")
    world.act(review.approve, world.cast.rita.actor, number)
    ada.submit({"email": "right@lumen.example"})
    assert "This request is Approved; its address cannot be corrected here." in text(ada.follow())
    assert offered not in text(ada.page)
    assert world.request(number).email == "wrong@lumen.example"


def test_without_scripts_a_page_for_paper_has_the_facts_and_no_navigation(ada: Customer, world: World) -> None:
    number = ada.apply(amount="5")
    page = text(ada.get(f"/invoices/{number}"))
    assert f'href="/invoices/{number}?print=1"' in page
    paper = text(ada.get(f"/invoices/{number}?print=1"))
    assert "<nav" not in paper
    for said in (number, "¥5.00", "Recharges used", "Submitted"):
        assert said in paper
