"""Two windows on applications: neither overwrites the other unseen, and nothing is made that nobody looked at."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from backoffice.database import session
from backoffice.headers import services as headers
from backoffice.ledger.services.entries import book
from backoffice.portal.models import ApplicationDraft
from backoffice.portal.views import submitting
from backoffice.requests.services.applying import Plan
from tests.portal.conftest import APPLY, Customer, World, recharge, text
from tests.portal.written import keys


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


def test_a_header_that_changed_after_the_review_leads_back_with_its_sentence(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    world.act(headers.archive, world.cast.lin.actor, world.header_id)
    ada.press("submit")
    assert ada.is_refused
    assert 'id="header_id' in text(ada.page)
    assert world.count() == 0
