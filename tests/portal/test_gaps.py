"""What a page says about a way out of missing money is what happens then, to the cent."""

from __future__ import annotations

import re

import pytest

from backoffice import clock
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.review.services import decisions as review
from tests.portal.conftest import Customer, World, text
from tests.portal.march import line, tell

WHOLE = "The amount can be invoiced again at once."
NOTHING = "Refunds have taken this money away: afterwards there is nothing to invoice until new recharges come."
LITTLE = "is left, less than the smallest amount of ¥1.00"


def withdrawn(customer: Customer, number: str) -> str:
    """What could be invoiced afterwards as the page told before, for the page must say the same once it is done."""
    asked = text(customer.get(f"/invoices/{number}/withdraw"))
    dialog = text(customer.get(f"/invoices/{number}"))
    told = re.findall(r"afterwards you can invoice ¥([\d,.]+) in all", asked)
    for sentence in (WHOLE, NOTHING, *told):
        assert (sentence in asked) == (sentence in dialog), "the dialog says the same"
    customer.get(f"/invoices/{number}/withdraw")
    customer.submit(button="Withdraw")
    answer = text(customer.follow())
    (left,) = re.findall(r"You can invoice ¥([\d,.]+) now", answer) or ["0.00"]
    if WHOLE not in asked:
        assert left == (told[0] if told else "0.00")
        assert (NOTHING in asked or LITTLE in asked) == (not told)
    assert ("There is nothing to invoice until new recharges come." in answer) == (NOTHING in asked)
    return str(left)


def test_withdrawing_a_whole_request_frees_all_of_it(ada: Customer, world: World) -> None:
    number = ada.apply(amount="300")
    assert WHOLE in text(ada.get(f"/invoices/{number}/withdraw"))
    assert withdrawn(ada, number) == "10,000.00"


def test_withdrawing_a_short_request_frees_what_it_has(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10000")
    tell(world, line("refund", "F1", "4000", 3, refund_of="R1"))
    page = text(ada.get("/invoices/balance"))
    assert f"{number} is short by ¥4,000.00. New recharges cover it by themselves." in page
    assert "You can also withdraw it and apply for at most ¥6,000.00." in page
    assert withdrawn(ada, number) == "6,000.00"


def test_money_of_a_withdrawn_request_goes_to_another_that_is_short(ada: Customer, world: World) -> None:
    whole, short = ada.apply(amount="2000"), ada.apply(amount="8000")
    tell(world, line("refund", "F1", "1500", 3, refund_of="R1"))
    assert f"{short} is short by ¥1,500.00." in text(ada.get("/invoices/balance"))
    assert withdrawn(ada, whole) == "500.00"


def test_where_withdrawing_leaves_nothing_it_is_no_advice(ada: Customer, world: World) -> None:
    issued = ada.apply(amount="6000")
    world.issue(issued)
    number = ada.apply(amount="4000")
    tell(world, line("refund", "F1", "6000", 3, refund_of="R1"), line("refund", "F2", "4000", 3, refund_of="R2"))
    page = text(ada.get("/invoices/balance"))
    assert f"{number} is short by ¥4,000.00." in page
    assert "You can also withdraw it" not in page
    assert "Until finance has corrected that invoice you can invoice that much less, whatever you recharge." in page
    assert "new recharges fill that first, or the correction of the invoices named below" in page
    assert "¥6,000.00 is on invoices that finance has to correct." in text(ada.get("/invoices/apply"))
    assert withdrawn(ada, number) == "0.00"


def test_less_than_the_smallest_amount_is_nothing(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10000")
    tell(world, line("refund", "F1", "6000", 3, refund_of="R1"), line("refund", "F2", "3999.99", 3, refund_of="R2"))
    told = "¥0.01 is left, less than the smallest amount of ¥1.00."
    assert told in text(ada.get(f"/invoices/{number}/withdraw"))
    assert "You can also withdraw it" not in text(ada.get("/invoices/balance"))
    assert withdrawn(ada, number) == "0.00"
    assert told in text(ada.page), "afterwards, too"


def test_where_refunds_took_exactly_as_much_nothing_is_left(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10000")
    tell(world, line("refund", "F1", "6000", 3, refund_of="R1"), line("refund", "F2", "4000", 3, refund_of="R2"))
    assert withdrawn(ada, number) == "0.00"


def test_what_a_raised_minimum_keeps_back_is_no_refunds_doing(ada: Customer, world: World) -> None:
    whole, number = ada.apply(amount="9950"), ada.apply(amount="50")
    world.issue(whole)
    world.act(
        policies.set_policy, SYSTEM, PolicyKey.MINIMUM_AMOUNT, "100.00", starts_on=clock.today(), reason="Postage."
    )
    assert "¥50.00 is left, less than the smallest amount of ¥100.00." in text(ada.get(f"/invoices/{number}/withdraw"))


def test_a_page_that_promised_otherwise_asks_once_more(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10000")
    assert WHOLE in text(ada.get(f"/invoices/{number}/withdraw"))
    tell(world, line("refund", "F1", "4000", 3, refund_of="R1"))
    asked = text(ada.submit(button="Withdraw"))
    assert (ada.page.status_code, world.request(number).state) == (409, "pending")
    assert "Nothing is withdrawn yet." in asked
    assert "afterwards you can invoice ¥6,000.00 in all" in asked
    ada.submit(button="Withdraw")
    assert "You can invoice ¥6,000.00 now." in text(ada.follow())


@pytest.mark.parametrize("ending", ["covered", "withdrawn"])
def test_what_nothing_covers_any_more_promises_no_cover(ada: Customer, world: World, ending: str) -> None:
    number = ada.apply(amount="10000")
    tell(world, line("refund", "F1", "4000", 3, refund_of="R1"))
    assert "¥4,000.00 is missing. New recharges cover it by themselves." in text(ada.get(f"/invoices/{number}"))
    if ending == "covered":
        tell(world, line("recharge", "R9", "4000", 4))
    else:
        withdrawn(ada, number)
    page = text(ada.get(f"/invoices/{number}"))
    assert ("¥4,000.00 was missing." in page, "cover it by themselves" in page) == (True, False)


def test_an_approved_request_that_is_short_is_not_to_be_withdrawn(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10000")
    world.act(review.approve, world.cast.rita.actor, number)
    tell(world, line("refund", "F1", "4000", 3, refund_of="R1"))
    page = text(ada.get("/invoices/balance"))
    assert f"{number} is short by ¥4,000.00." in page
    assert "You can also withdraw it" not in page
    assert "only finance can still take it back" in page


def test_other_recharges_that_stand_in_are_told(ada: Customer, world: World) -> None:
    number = ada.apply(amount="300")
    tell(world, line("refund", "F1", "6000", 3, refund_of="R1"))
    page = text(ada.get(f"/invoices/{number}"))
    assert "A refund took money away, other recharges stand in" in page
    assert "is missing" not in page


def test_of_several_gaps_the_last_says_what_is_missing_now(ada: Customer, world: World) -> None:
    number = ada.apply(amount="10000")
    tell(world, line("refund", "F1", "4000", 3, refund_of="R1"))
    tell(world, line("recharge", "R8", "1000", 4))
    assert "¥3,000.00 is missing. New recharges" in text(ada.get(f"/invoices/{number}"))
    tell(world, line("recharge", "R9", "3000", 5))
    tell(world, line("refund", "F2", "500", 6, refund_of="R9"))
    page = text(ada.get(f"/invoices/{number}"))
    assert "¥4,000.00 was missing." in page
    assert "¥500.00 is missing. New recharges cover it by themselves." in page
    assert page.count("is missing. New recharges") == 1
