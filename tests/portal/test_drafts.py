"""Each step of an application has an address of its own, and stands in a draft that belongs to its writer alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.headers import services as headers
from backoffice.headers.queries import headers_of as usable
from backoffice.ledger.services.entries import book
from backoffice.portal import jobs, services
from backoffice.portal.models import ApplicationDraft, SupportingUpload
from backoffice.portal.queries.drafts import Writer
from backoffice.portal.services import LIFE, UPLOAD_LIFE, Content
from backoffice.portal.views import submitting
from backoffice.requests.services import changes, supporting
from backoffice.requests.services.applying import Plan
from tests.portal.conftest import APPLY, NOW, Customer, World, recharge, text
from tests.portal.test_supporting_file import choose, enclosed
from tests.support import files

Freeze = Callable[[datetime], None]
TYPED = {"header_id": "", "amount": "5", "email": "", "copies": "", "remarks": "", "defaults_of": ""}


def test_every_button_answers_with_the_way_to_an_address(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    key = ada.key
    ends = {"all": "", "remove-file": "", "edit": "", "review": "/review", "": "/review"}
    ada.press("all")
    for button, end in ends.items():
        answer = ada.client.post(f"{APPLY}/{key}", data={**ada.typed(), "amount": "5", "action": button})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{APPLY}/{key}{end}"), button
        ada.get(f"{APPLY}/{key}")
    answer = ada.client.post(f"{APPLY}/{key}", data={**ada.typed(), "amount": "x", "action": "review"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{APPLY}/{key}?check=1")
    ada.get(f"{APPLY}/{key}/review")
    assert ada.page.headers["Location"] == f"{APPLY}/{key}?check=1"
    assert world.count() == 0


def test_back_finds_what_was_typed_and_a_reload_says_the_same(ada: Customer) -> None:
    ada.review(amount="x", remarks="Order")
    assert ada.is_refused
    assert text(ada.get(ada.path)).count("In figures") == text(ada.page).count("In figures")
    assert 'id="amount-error"' in text(ada.page)
    # Back to the form as it was opened, without a complaint; further on from there it is the same draft.
    key = ada.key
    page = text(ada.get(f"{APPLY}/{key}"))
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("x", "Order")
    assert 'id="amount-error"' not in page
    ada.press("review", amount="5")
    assert ada.path == f"{APPLY}/{key}/review"


def test_back_from_the_request_tells_what_became_of_the_review(ada: Customer, world: World) -> None:
    ada.review(amount="10000")
    review = ada.path
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    page = text(ada.get(review))
    assert f"This application was submitted as {number}." in page
    assert f'href="/invoices/{number}"' in page
    assert 'value="submit"' not in page
    # The form behind it says so too, and the next application begins anew.
    assert f"This form has made {number}." in text(ada.get(review.removesuffix("/review")))
    ada.get(APPLY)
    assert ada.typed()["amount"] == ""
    assert world.count() == 1


def test_once_more_is_a_second_application_that_is_looked_at_first(ada: Customer, world: World) -> None:
    ada.review(amount="5", remarks="Order")
    review = ada.path
    ada.press("submit")
    ada.get(review)
    ada.press("again")
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("5", "Order")
    ada.press("review")
    assert world.count() == 1
    assert ada.press("submit").status_code == 303
    assert world.count() == 2


def test_what_was_submitted_is_what_was_looked_at(ada: Customer, world: World) -> None:
    """Another window of the same application wrote something else meanwhile."""
    ada.review(amount="5")
    review, where = ada.page, ada.path
    ada.press("edit")
    ada.press("review", amount="6")
    ada.page, ada.path = review, where
    ada.press("submit")
    assert (ada.is_at_review, world.count()) == (True, 0)
    assert "Something changed since you looked" in text(ada.page)
    assert "¥6.00" in text(ada.page)


def test_a_draft_is_its_writers_alone(ada: Customer, bo: Customer, world: World) -> None:
    ada.review(amount="5")
    key = ada.path.split("/")[-2]
    for other in (bo, world.customer("lin")):
        other.get(APPLY)
        token = {"csrf_token": other.typed()["csrf_token"]}
        assert other.typed()["amount"] == ""
        for path in (
            f"{APPLY}/{key}",
            f"{APPLY}/{key}/review",
            f"{APPLY}/no_key",
            f"{APPLY}/{'x' * 3000}",
            f"{APPLY}/%00",
        ):
            other.get(path)
            assert (other.page.status_code, other.page.headers["Location"]) == (303, APPLY), path
            assert "not here any more, or it is somebody else's" in text(other.get(APPLY))
        for name in (key, "no_key", "x" * 3000, "%00"):
            for sent in ({"amount": "7"}, {"action": "cancel", "amount": "7"}):
                assert other.client.post(f"{APPLY}/{name}", data={**token, **sent}).status_code == 404, name
        sent = {**token, "action": "submit"}
        for verb in ("discard", "restore", "review"):
            assert other.client.post(f"{APPLY}/{key}/{verb}", data=sent).headers["Location"] == APPLY, verb
    assert "¥5.00" in text(ada.get(f"{APPLY}/{key}/review"))
    assert ada.press("submit").status_code == 303


def test_each_form_has_an_application_of_its_own_from_the_beginning(ada: Customer) -> None:
    keys = set()
    for remarks in ("First", "Second"):
        ada.get(APPLY)
        keys.add(ada.key)
        assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("", "")
        ada.press("all", remarks=remarks)
    assert len(keys) == 2
    # A reload of the form is the same one.
    ada.get(APPLY)
    first = ada.key
    ada.get(ada.path)
    assert ada.key == first


def test_unfinished_applications_are_offered_by_what_they_say(ada: Customer, world: World) -> None:
    assert "unfinished application" not in text(ada.get(APPLY))
    older, newer = two_applications(ada)
    page = text(ada.get(APPLY))
    assert "2 unfinished applications" in page
    assert page.index("Newer") < page.index("Older")
    for key, remarks in ((older, "Older"), (newer, "Newer")):
        assert f'href="{APPLY}/{key}"' in page
        assert remarks in page
    # One's own is not among the others, nor is what was submitted, nor what is a colleague's.
    assert f'href="{APPLY}/{older}"' not in text(ada.get(f"{APPLY}/{older}"))
    assert "1 unfinished application" in text(ada.page)
    ada.press("review", amount="5")
    ada.press("submit")
    assert f'href="{APPLY}/{older}"' not in text(ada.get(APPLY))
    assert "unfinished application" not in text(world.customer("lin").get(APPLY))


def test_a_list_that_would_push_the_form_away_is_shut_and_says_little_of_each(ada: Customer) -> None:
    for number in range(3):
        ada.get(APPLY)
        ada.press("all", amount="9" * 500, remarks=f"{number} " + "order " * 80)
        page = text(ada.get(APPLY))
        assert ('<details class="disclosure" open>' in page) == (number < 2)
    assert "9" * 40 not in page
    assert "2 order order order order order order o…" in page


def test_cancel_throws_away_and_one_press_puts_it_back(ada: Customer, world: World) -> None:
    former = ada.apply(amount="5")
    world.reject(former)
    for address in (APPLY, f"{APPLY}?resubmit={former}"):
        ada.get(address)
        ada.press("all", remarks="Thrown away")
        key = ada.key
        last = f"Typed last at {address}"
        ada.submit({"remarks": last}, button="cancel")
        assert (ada.page.status_code, ada.page.headers["Location"]) == (303, "/invoices")
        assert "The application is thrown away." in text(ada.follow())
        undo = ada.page, ada.path
        ada.get(address)
        assert ada.key != key
        assert last not in text(ada.page)
        # Its own page tells what became of it, and takes it back too.
        assert "The application is thrown away." in text(ada.get(f"{APPLY}/{key}"))
        assert "Put it back" in text(ada.page)
        ada.page, ada.path = undo
        ada.submit(button="Undo")
        assert ada.page.headers["Location"] == f"{APPLY}/{key}"
        ada.step()
        assert ada.typed()["remarks"] == last
        assert "The application is thrown away." not in text(ada.page)


def test_cancel_of_a_form_with_words_that_were_never_sent_can_be_undone_too(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    key = ada.key
    ada.submit({"remarks": "Never sent before"}, button="cancel")
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert (ada.key, ada.typed()["remarks"]) == (key, "Never sent before")


def test_cancel_of_an_untouched_form_leaves_nothing_behind(ada: Customer, world: World) -> None:
    former = enclosed(ada, files.pdf())
    world.reject(former)
    before = keys(world)
    for address in (APPLY, f"{APPLY}?resubmit={former}"):
        ada.get(address)
        ada.submit(button="cancel")
        assert "thrown away" not in text(ada.follow())
    assert keys(world) == before


def test_one_of_the_list_is_thrown_away_and_put_back(ada: Customer) -> None:
    older, newer = two_applications(ada)
    ada.get(APPLY)
    ada.submit(button="Throw away")
    page = text(ada.follow())
    assert "1 unfinished application" in page
    assert (f'href="{APPLY}/{older}"' in page, f'href="{APPLY}/{newer}"' in page) == (True, False)
    ada.get(f"{APPLY}/{newer}")
    ada.submit(button="Put it back")
    ada.step()
    assert ada.typed()["remarks"] == "Newer"


def test_writing_on_in_another_window_takes_it_back(ada: Customer) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    form, where = ada.page, ada.path
    ada.submit(button="cancel")
    ada.page, ada.path = form, where
    ada.press("all", remarks="Order 2")
    assert "The application is thrown away." not in text(ada.page)
    assert f'href="{APPLY}/{ada.key}"' in text(ada.get(APPLY))


def test_two_windows_do_not_overwrite_what_they_have_not_seen(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    key, form, where = ada.key, ada.page, ada.path
    ada.press("review", remarks="Of one window")
    ada.page, ada.path = form, where
    page = text(ada.press("review", remarks="Of the other"))
    # What was typed here stands in the form of a further application, which says why.
    assert ada.key != key
    assert "Another window has written to this application meanwhile." in page
    assert ada.typed()["remarks"] == "Of the other"
    assert f'href="{APPLY}/{key}"' in page
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "Of one window"
    assert world.count() == 0


def test_two_windows_of_one_form_that_was_never_sent_are_two_applications(ada: Customer) -> None:
    form = ada.get(APPLY)
    where, key = ada.path, ada.key
    ada.press("all", remarks="One")
    ada.page, ada.path = form, where
    ada.press("all", remarks="Other")
    assert ada.key != key
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "One"


def test_the_same_words_twice_are_one_application(ada: Customer, world: World) -> None:
    """A double press of whatever button, and two windows that say the same."""
    for button in ("review", "all", "new-header"):
        form = ada.get(APPLY)
        where, key = ada.path, ada.key
        before = len(keys(world))
        for _ in range(2):
            ada.page, ada.path = form, where
            ada.press(button, amount="5", remarks="Order\nLine")
            assert key in ada.page.headers.get("Location", ada.path)
        assert len(keys(world)) == before + 1


def test_windows_that_send_at_the_same_moment_lose_nothing(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    typed, where = ada.typed(), ada.path
    cookie = {"Cookie": "; ".join(f"{c.key}={c.value}" for c in ada.client._cookies.values())}
    words = [f"Of window {number % 6}" for number in range(12)]

    def send(remarks: str) -> int:
        client = world.app.test_client(use_cookies=False)
        return client.post(where, data={**typed, "remarks": remarks, "action": "review"}, headers=cookie).status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(send, words)) == {303}
    with world.app.app_context():
        kept = session.scalars(select(ApplicationDraft)).all()
        # What two windows said alike is one application, as a double press of one window is.
        assert sorted(draft.fields["remarks"] for draft in kept) == sorted(set(words))
        assert sum(draft.key == ada.key for draft in kept) == 1


def test_words_cancelled_in_a_window_that_another_has_overtaken_can_be_had_back(ada: Customer) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    key, form, where = ada.key, ada.page, ada.path
    ada.press("all", remarks="Of another window")
    ada.page, ada.path = form, where
    ada.submit({"remarks": "Long and unsent"}, button="cancel")
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert ada.typed()["remarks"] == "Long and unsent"
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "Of another window"


def test_words_cancelled_at_a_form_that_has_made_its_request_can_be_had_back(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    form, where = ada.page, ada.path
    ada.press("review", amount="5")
    ada.press("submit")
    ada.get(where)
    ada.page, ada.path = form, where
    ada.submit({"remarks": "Something else"}, button="cancel")
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert ada.typed()["remarks"] == "Something else"
    assert world.count() == 1


@pytest.mark.parametrize("typed", [{"amount": "5"}, {}], ids=["beside words", "alone"])
def test_a_file_that_cancel_did_not_send_is_asked_for_after_undo(ada: Customer, typed: dict[str, str]) -> None:
    ada.get(APPLY)
    # What a browser sends of a chosen file with this button: its name.
    data = {**ada.typed(), **typed, "action": "cancel", "support_file": "order.pdf"}
    ada._arrive(ada.client.post(f"{APPLY}/{ada.key}", data=data))
    ada.follow()
    ada.submit(button="Undo")
    ada.step()
    assert "choose it again" in text(ada.page).partition('id="support_file-error"')[2].partition("</p>")[0]


def test_undo_and_throw_away_after_another_window_submitted_tell_of_the_request(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    review = ada.path
    ada.get(APPLY)
    listed = ada.page, ada.path
    ada.get(review.removesuffix("/review"))
    ada.submit(button="cancel")
    undo = ada.follow(), ada.path
    # The review of what was thrown away says so, and makes nothing.
    ada.get(review)
    ada.step()
    assert "The application is thrown away." in text(ada.page)
    ada.submit(button="Put it back")
    ada.step()
    ada.press("review")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    for (ada.page, ada.path), button in ((undo, "Undo"), (listed, "Throw away")):
        ada.submit(button=button)
        assert ada.page.headers["Location"] == f"/invoices/{number}", button
        assert f"This application was submitted as {number}." in text(ada.follow())
    assert world.count() == 1


def test_what_was_thrown_away_last_is_put_back_however_much_was_before(
    ada: Customer, world: World, freeze: Freeze
) -> None:
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    ada.get(APPLY)
    ada.press("all", remarks="Precious")
    key = ada.key
    for number in range(services.MOST_DRAFTS):
        freeze(NOW + timedelta(seconds=number))
        world.act(services.keep, writer, f"{number:032}", Content(TYPED), since="")
        world.act(services.discard, writer, f"{number:032}")
    ada.get(APPLY)
    ada.submit(button="Throw away")
    page, where = ada.follow(), ada.path
    ada.press("all", remarks="Another")
    ada.page, ada.path = page, where
    ada.submit(button="Undo")
    ada.step()
    assert (ada.key, ada.typed()["remarks"]) == (key, "Precious")


def test_undo_after_the_session_ended_leads_to_what_can_be_put_back(ada: Customer, freeze: Freeze) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    ada.submit(button="cancel")
    ada.follow()
    freeze(NOW + timedelta(seconds=60))
    ada.client.delete_cookie("session")
    ada.submit(button="Undo")
    ada.follow()
    ada.submit({"email": "ada@lumen.example", "password": "invoice-demo-2026"})
    ada.follow()
    assert "The application is thrown away." in text(ada.page)
    ada.submit(button="Put it back")
    ada.step()
    assert ada.typed()["remarks"] == "Order"


def test_a_submit_of_what_was_thrown_away_meanwhile_makes_nothing(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    review, where = ada.page, ada.path
    ada.get(where.removesuffix("/review"))
    ada.submit(button="cancel")
    ada.page, ada.path = review, where
    ada.press("submit")
    assert "The application is thrown away." in text(ada.page)
    assert world.count() == 0


def test_what_is_not_here_any_more_says_so(ada: Customer, world: World, freeze: Freeze) -> None:
    ada.review(amount="5")
    review, where = ada.page, ada.path
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    for path in (where, where.removesuffix("/review")):
        ada.get(path)
        assert ada.page.headers["Location"] == APPLY
        assert "This application is not here any more" in text(ada.get(APPLY))
    ada.page, ada.path = review, where
    ada.submit(button="submit")
    assert ada.page.headers["Location"] == APPLY
    assert world.count() == 0


@pytest.mark.parametrize("moved", ["header", "refund"])
def test_what_moves_between_the_look_and_the_making_is_never_made(
    ada: Customer, world: World, monkeypatch: pytest.MonkeyPatch, moved: str
) -> None:
    """A colleague renames the header, or a refund takes the recharge, after the comparison and before the commit."""
    refund = replace(recharge("F1", "lumen", "6000", 2), kind="refund", refund_of="R1")
    other = {"kind": "enterprise", "name": "Another Name Ltd", "tax_id": "91310000MA1FL0A277"}
    deeds = {
        "header": lambda: world.act(headers.edit, world.cast.lin.actor, world.header_id, other),
        "refund": lambda: world.act(lambda lines, *, now: book(lines, source="test", now=now), [refund]),
    }
    ada.review(amount="4000")
    real = submitting._terms

    def terms(plan: Plan) -> submitting.Terms:
        looked_at = real(plan)
        session.rollback()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(deeds[moved]).result()
        monkeypatch.undo()
        return looked_at

    monkeypatch.setattr(submitting, "_terms", terms)
    ada.press("submit")
    assert ada.is_at_review
    assert "Something changed since you looked" in text(ada.page)
    assert world.count() == 0
    assert ada.press("submit").headers["Location"].startswith("/invoices/IR-")


def test_cancel_does_not_throw_away_what_another_window_wrote(ada: Customer) -> None:
    ada.get(APPLY)
    ada.press("all", remarks="Order")
    key, form, where = ada.key, ada.page, ada.path
    ada.press("all", remarks="Of another window")
    ada.page, ada.path = form, where
    ada.submit(button="cancel")
    assert "thrown away" not in text(ada.follow())
    ada.get(f"{APPLY}/{key}")
    assert ada.typed()["remarks"] == "Of another window"


def test_a_header_is_chosen_once_and_not_over_a_later_choice(ada: Customer, world: World) -> None:
    world.act(headers.create, world.cast.ada.actor, {"kind": "personal", "name": "王小明"})
    with world.app.app_context():
        other = str(max(header.id for header in usable(world.cast.lumen)))
    ada.get(APPLY)
    ada.press("all")
    ada.get(f"{APPLY}/{ada.key}?header={other}")
    back = ada.page.headers["Location"]
    ada.get(back)
    assert ada.typed()["header_id"] == other
    # A reload chooses it still; a choice of one's own since then stands.
    ada.press("all", header_id=str(world.header_id), remarks="Order")
    ada.get(back)
    assert ada.typed()["header_id"] == str(world.header_id)


def test_an_amount_of_the_address_begins_an_application_of_its_own(ada: Customer) -> None:
    ada.review(amount="5", remarks="Order")
    ada.get(f"{APPLY}?amount=12.50")
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("12.50", "")


def two_applications(ada: Customer) -> tuple[str, str]:
    """Two that are open side by side; the keys of the older and of the newer one."""
    ada.get(APPLY)
    ada.press("all", remarks="Older")
    older = ada.key
    ada.get(f"{APPLY}?amount=7")
    ada.press("all", remarks="Newer")
    return older, ada.key


def test_the_way_to_a_header_leads_back_to_the_application_it_left(ada: Customer) -> None:
    older, newer = two_applications(ada)
    for key, remarks in ((older, "Older"), (newer, "Newer"), (older, "Older")):
        ada.get(f"{APPLY}/{key}")
        ada.press("new-header")
        page = text(ada.follow())
        assert f'href="{APPLY}/{key}"' in page
        ada.get(f"{APPLY}/{key}")
        assert ada.typed()["remarks"].strip() == remarks


def test_a_submit_tells_that_another_window_wrote_to_the_application(ada: Customer, world: World) -> None:
    ada.review(amount="5", remarks="First words")
    review, looked_at = ada.path, ada.page
    ada.get(review.removesuffix("/review"))
    ada.press("review", remarks="Other words")
    ada.page = looked_at
    ada.press("submit")
    assert ada.path == f"{review}?changed=typed"
    assert "This application was written to once more" in text(ada.page)
    assert "Other words" in text(ada.page)
    assert world.count() == 0
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(number).remarks == "Other words"


def test_a_submit_after_another_window_submitted_other_words_says_so(ada: Customer, world: World) -> None:
    ada.review(amount="5", remarks="First words")
    review, looked_at = ada.path, ada.page
    ada.get(review.removesuffix("/review"))
    ada.press("review", remarks="Other words")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    ada.follow()
    ada.page = looked_at
    ada.press("submit")
    assert f"written to once more and submitted as {number}" in text(ada.follow())
    assert world.count() == 1
    # The same words sent twice are one wish: nothing is said.
    ada.get(review)
    assert "written to once more" not in text(ada.page)


def test_a_second_press_of_submit_leads_to_its_request_without_a_word(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    looked_at = ada.page
    ada.press("submit")
    ada.follow()
    ada.page = looked_at
    ada.press("submit")
    assert "written to once more" not in text(ada.follow())
    assert world.count() == 1


def test_each_resubmission_has_a_draft_of_its_own(ada: Customer, world: World) -> None:
    former = ada.apply(amount="5", remarks="Former")
    world.reject(former)
    ada.review(amount="7", remarks="Plain")
    ada.get(f"{APPLY}?resubmit={former}")
    ada.press("all", remarks="Mended")
    key = ada.key
    # It is resubmitted once, so the button leads to the one that was begun; a plain application is another matter.
    ada.get(f"{APPLY}?resubmit={former}")
    assert (ada.key, ada.typed()["remarks"], ada.typed()["resubmit"]) == (key, "Mended", former)
    ada.get(APPLY)
    assert (ada.typed()["remarks"], ada.typed()["resubmit"]) == ("", "")


def test_the_file_of_a_rejected_request_can_be_left_out_at_once(ada: Customer, world: World) -> None:
    ada.get(APPLY)
    choose(ada, files.pdf(), amount="5")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    world.reject(number)
    ada.get(f"{APPLY}?resubmit={number}")
    ada.press("remove-file")
    assert "order.pdf" not in text(ada.page)
    ada.press("review")
    assert world.request(ada.press("submit").headers["Location"].rpartition("/")[2]).support_sha256 is None


def test_a_file_whose_draft_is_gone_is_asked_for(ada: Customer, world: World, freeze: Freeze) -> None:
    """A page that was open for longer than a draft lives."""
    ada.get(APPLY)
    choose(ada, files.pdf(), amount="x")
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    ada.press("review", amount="5")
    assert ada.is_refused
    assert "not here any more" in text(ada.page).partition('id="support_file-error"')[2].partition("</p>")[0]
    ada.press("without-file")
    assert ada.is_at_review


def test_a_withdrawn_request_does_not_end_the_wish(ada: Customer, world: World) -> None:
    form, where = ada.get(APPLY), ada.path
    ada.press("review", amount="5")
    number = ada.press("submit").headers["Location"].rpartition("/")[2]
    world.act(changes.withdraw, world.cast.ada.actor, number)
    ada.page, ada.path = form, where
    assert f"You have already submitted {number}" in text(ada.press("review", amount="5"))
    assert ada.press("submit").status_code == 303
    assert world.count() == 2


def test_a_header_that_changed_after_the_review_leads_back_with_its_sentence(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    world.act(headers.archive, world.cast.lin.actor, world.header_id)
    ada.press("submit")
    assert ada.is_refused
    assert 'id="header_id' in text(ada.page)
    assert world.count() == 0


def test_much_more_text_than_a_draft_holds_is_shown_by_the_answer_itself(ada: Customer) -> None:
    ada.get(APPLY)
    answer = ada.press("review", amount="5", remarks="字" * 60_000)
    assert answer.status_code == 422
    assert ada.typed()["remarks"] == "字" * 60_000
    # What a reload finds says what is missing.
    ada.get(f"{APPLY}/{ada.key}")
    assert "too long to be kept" in text(ada.page)
    assert (ada.typed()["amount"], ada.typed()["remarks"]) == ("5", "")


def test_the_database_refuses_what_does_not_fit(world: World) -> None:
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    largest = {**TYPED, "remarks": "x" * (services.LARGEST - len(json.dumps(TYPED)))}
    assert Content(largest).fits
    assert not Content({**largest, "amount": "55"}).fits
    world.act(services.keep, writer, "k" * 32, Content(largest), since="")
    with pytest.raises(IntegrityError):
        world.act(services.keep, writer, "l" * 32, Content({**largest, "amount": "55"}), since="")


def test_one_person_keeps_so_many_and_no_more(world: World, freeze: Freeze) -> None:
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    world.act(services.keep, Writer(world.cast.lumen, world.cast.lin.id), "lins" * 8, Content(TYPED), since="")
    for number in range(services.MOST_DRAFTS + 2):
        freeze(NOW + timedelta(seconds=number))
        world.act(services.keep, writer, f"{number:032}", Content(TYPED), since="")
    assert len(keys(world)) == services.MOST_DRAFTS + 1
    assert keys(world) >= {"lins" * 8, f"{services.MOST_DRAFTS + 1:032}"}
    assert f"{1:032}" not in keys(world)


def test_what_is_over_pushes_nothing_unfinished_out(world: World, freeze: Freeze) -> None:
    writer = Writer(world.cast.lumen, world.cast.ada.id)
    world.act(services.keep, writer, "unfinished" + "-" * 22, Content(TYPED), since="")
    for number in range(services.MOST_DRAFTS + 2):
        freeze(NOW + timedelta(seconds=number))
        world.act(services.keep, writer, f"{number:032}", Content(TYPED), since="")
        world.act(services.discard, writer, f"{number:032}")
    world.act(services.keep, writer, "last" + "-" * 28, Content(TYPED), since="")
    assert keys(world) >= {"unfinished" + "-" * 22, "last" + "-" * 28}
    assert len(keys(world)) == services.MOST_DRAFTS + 2


def test_old_drafts_go_and_with_them_the_files_that_nobody_needs(ada: Customer, world: World, freeze: Freeze) -> None:
    shas = {}
    for name, content in (("sent", files.pdf()), ("left", files.picture("PNG")), ("replaced", files.picture("JPEG"))):
        ada.get(f"{APPLY}?amount=5")
        choose(ada, content, f"{name}.x")
        shas[name] = supporting.examine(content, "x").sha256
        if name == "sent":
            ada.press("submit")
    ada.press("edit")
    choose(ada, files.pdf() + b"\n", "last.pdf")
    tidy(world, NOW + UPLOAD_LIFE, freeze)
    assert {name for name in shas if storage.exists(shas[name])} == {"sent", "left", "replaced"}
    tidy(world, NOW + UPLOAD_LIFE + timedelta(minutes=1), freeze)
    assert {name for name in shas if storage.exists(shas[name])} == {"sent", "left"}
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    tidy(world, NOW + LIFE + timedelta(minutes=1), freeze)
    assert {name for name in shas if storage.exists(shas[name])} == {"sent"}
    with world.app.app_context():
        assert keys(world) == set()
        assert session.scalar(select(func.count()).select_from(SupportingUpload)) == 0


def test_a_document_that_was_here_before_is_never_let_go(ada: Customer, world: World, freeze: Freeze) -> None:
    """An invoice of ours, enclosed once more: the same bytes stand under the same hash."""
    content = files.pdf()
    sha256 = storage.put(content)
    ada.get(APPLY)
    choose(ada, content, amount="5")
    tidy(world, NOW + LIFE + timedelta(days=1), freeze)
    tidy(world, NOW + LIFE + timedelta(days=1), freeze)
    assert storage.get(sha256) == content


def test_a_file_that_is_chosen_again_stays(ada: Customer, world: World, freeze: Freeze) -> None:
    content = files.pdf()
    ada.get(APPLY)
    choose(ada, content, amount="5")
    with world.app.app_context(), transaction():
        session.execute(update(ApplicationDraft).values(updated_at=NOW - LIFE - timedelta(days=1)))
    freeze(NOW + UPLOAD_LIFE + timedelta(minutes=1))
    ada = world.customer("ada")
    ada.get(f"{APPLY}?amount=6")
    choose(ada, content)
    with world.app.app_context():
        assert jobs.tidy() == 1
        assert storage.exists(supporting.examine(content, "x").sha256)
    assert ada.press("submit").status_code == 303


def tidy(world: World, at: datetime, freeze: Freeze) -> None:
    """Let the job run at that instant."""
    with world.app.app_context(), clock.moved_to(at):
        jobs.tidy()


def keys(world: World) -> set[str]:
    """The keys of all drafts."""
    with world.app.app_context():
        return set(session.scalars(select(ApplicationDraft.key)))
