"""A rejection beside the field it means, and a resubmission that shows what must change and what did."""

from __future__ import annotations

import pytest

from backoffice.requests.rules import FIELD_LABELS, FIELDS, REASON_FIELDS, Reason, complained_about
from backoffice.requests.services import changes
from backoffice.review.services import decisions as review
from tests.portal.conftest import APPLY, HEADER, Customer, World, text

OTHER_ID = "91440300MA5DA0X7X5"


def rejected(ada: Customer, world: World, reason: str, remarks: str = "Please mend this.") -> str:
    number = ada.apply(amount="77.70", email="ap@lumen.example", remarks="PO 1")
    world.act(review.reject, world.cast.rita.actor, number, reason=reason, remarks=remarks)
    return number


def fact(page: str, term: str) -> str:
    """What stands beside a term of the page's facts."""
    return page.partition(f"<dt>{term}</dt>")[2].partition("</div>")[0]


@pytest.mark.parametrize(
    ("reason", "term"),
    [("tax_id", "Tax ID"), ("header_name", "Name"), ("bank_details", "Address"), ("email", "Receiving Email")],
)
def test_the_reason_stands_beside_the_fact_it_means(ada: Customer, world: World, reason: str, term: str) -> None:
    page = text(ada.get(f"/invoices/{rejected(ada, world, reason)}"))
    assert "To correct" in fact(page, term)
    assert "Please mend this." in fact(page, term)
    assert "To correct" not in fact(page, "Remarks")


def test_a_reason_about_the_amount_stands_beside_it(ada: Customer, world: World) -> None:
    page = text(ada.get(f"/invoices/{rejected(ada, world, 'amount')}"))
    beside = page.partition("¥77.70")[2].partition("</p>")[0]
    assert "To correct" in beside
    assert "Please mend this." in beside


def test_the_form_lists_what_must_change_and_leads_to_it(ada: Customer, world: World) -> None:
    number = rejected(ada, world, "tax_id")
    page = text(ada.get(f"{APPLY}?resubmit={number}"))
    for said in ("You resubmit", "Please mend this.", "To be corrected:", HEADER["tax_id"]):
        assert said in page
    assert '<a href="#header_id">Tax ID</a>' in page
    assert "This is what the rejection was about." in page.partition('id="header_id-hint"')[2][:80]


def test_the_way_to_the_header_leads_to_its_field_and_back_with_everything_typed(ada: Customer, world: World) -> None:
    number = rejected(ada, world, "tax_id")
    ada.get(f"{APPLY}?resubmit={number}")
    key = ada.key
    away = ada.press("edit-header", amount="80", remarks="PO 2")
    assert away.headers["Location"] == f"/invoice-headers/{world.header_id}/edit?next=apply&draft={key}#tax_id"
    ada.follow()
    ada.submit({"name": HEADER["name"], "tax_id": OTHER_ID})
    ada.follow()
    assert ada.path.startswith(APPLY)
    typed = ada.typed()
    assert (typed["amount"], typed["remarks"], typed["resubmit"]) == ("80", "PO 2", number)
    page = text(ada.press("review"))
    assert "Nothing has changed" not in page
    changes = page.partition(f"Changed since {number}")[2].partition("</table>")[0]
    for said in ("Tax ID", HEADER["tax_id"], OTHER_ID, "¥77.70", "¥80.00", "PO 1", "PO 2"):
        assert said in changes
    assert "Receiving Email" not in changes
    assert ada.press("submit").status_code == 303


def test_what_stayed_as_it_was_is_said_but_may_be_submitted(ada: Customer, world: World) -> None:
    number = rejected(ada, world, "tax_id")
    ada.get(f"{APPLY}?resubmit={number}")
    assert "This is the rejected request word for word." in text(ada.press("review"))
    ada.press("edit")
    page = text(ada.press("review", remarks="another"))
    assert "Nothing has changed in: Tax ID, Name" in page
    assert "another" in page.partition("Changed since")[2].partition("</table>")[0]
    assert ada.press("submit").status_code == 303


def test_mending_the_field_itself_is_enough(ada: Customer, world: World) -> None:
    ada.get(f"{APPLY}?resubmit={rejected(ada, world, 'email')}")
    assert "Nothing has changed" not in text(ada.press("review", email="right@lumen.example"))


def test_every_reason_points_at_fields_that_a_reviewer_may_choose() -> None:
    assert set(Reason) - set(REASON_FIELDS) == {Reason.OTHER}
    assert set(complained_about(Reason)) <= set(FIELDS) <= set(FIELD_LABELS)


def test_a_rejected_request_is_resubmitted_once(ada: Customer, world: World) -> None:
    former = rejected(ada, world, "other")
    lin = world.customer("lin")
    for who in (ada, lin):
        who.get(f"/invoices/apply?resubmit={former}")
        who.press("review")
        assert who.is_at_review
    made = ada.press("submit").headers["Location"].rpartition("/")[2]
    refused = lin.press("submit")
    assert lin.is_refused
    assert f"{former} was resubmitted as {made} already." in text(refused)
    # What was typed is there and may go its own way.
    lin.press("review")
    own = lin.press("submit").headers["Location"].rpartition("/")[2]
    assert world.request(own).resubmission_of_id is None
    answer = ada.get(f"/invoices/apply?resubmit={former}")
    assert answer.headers["Location"].endswith(made)
    assert "was resubmitted already: this is it." in text(ada.get(f"/invoices/{made}"))


def test_a_withdrawn_resubmission_gives_the_way_back(ada: Customer, world: World) -> None:
    former = rejected(ada, world, "other")
    ada.get(f"/invoices/apply?resubmit={former}")
    ada.press("review")
    made = ada.press("submit").headers["Location"].rpartition("/")[2]
    assert f"?resubmit={former}" not in ada.get(f"/invoices/{former}").text
    world.act(changes.withdraw, world.cast.ada.actor, made)
    assert f"?resubmit={former}" in ada.get(f"/invoices/{former}").text
    assert f"/invoices/{made}" not in ada.page.text
    assert f'Resubmission of <a href="/invoices/{former}">' in ada.get(f"/invoices/{made}").text
    ada.get(f"/invoices/apply?resubmit={former}")
    ada.press("review")
    assert ada.press("submit").status_code == 303


def test_the_form_of_a_request_that_was_withdrawn_asks_before_it_makes_another(ada: Customer, world: World) -> None:
    ada.review(amount="5")
    tab, where = ada.page, ada.path
    made = ada.press("submit").headers["Location"].rpartition("/")[2]
    world.act(changes.withdraw, world.cast.ada.actor, made)
    ada.page, ada.path = tab, where
    answer = ada.press("submit")
    assert ada.is_at_review
    assert f"You have already submitted {made} with this form. Submit again" in text(answer)
    assert ada.press("submit").status_code == 303
    assert world.count() == 2
