"""The list of entries, and one entry with everything behind it."""

from __future__ import annotations

import re

import pytest

from backoffice.requests.queries.entries import SHOWN
from tests.portal.conftest import Customer, World, text
from tests.portal.march import ids, line, tell

pytestmark = pytest.mark.both_databases


def open_entry(browser: Customer, external_id: str) -> str:
    """The page of an entry, found as a person finds it."""
    page = text(browser.get(f"/bills/entries?q={external_id}"))
    return text(browser.get(re.findall(r'class="key"><a href="(/bills/entries/\d+)"', page)[0]))


def test_entries_are_found_by_each_filter(ada: Customer, bo: Customer, world: World) -> None:
    tell(
        world,
        line("consumption", "C1", "5", 4),
        line("refund", "F1", "1000", 4, refund_of="R2"),
        line("recharge", "P1", "70", 5, status="pending"),
        line("recharge", "X1", "71", 5, status="failed"),
    )
    ada.apply(amount="6000")
    assert ids(ada) == ["X1", "P1", "F1", "C1", "R2", "R1"]
    assert ids(ada, "?kind=recharge") == ["X1", "P1", "R2", "R1"]
    assert ids(ada, "?kind=recharge&status=completed") == ["R2", "R1"]
    assert ids(ada, "?status=pending") == ["P1"]
    assert ids(ada, "?status=failed&kind=recharge") == ["X1"]
    assert ids(ada, "?free=1") == ["R2"]
    assert ids(ada, "?free=1&kind=refund") == []
    assert ids(ada, "?min=70&max=1,000") == ["X1", "P1", "F1"]
    assert ids(ada, "?from=2026-03-02&to=2026-03-04&kind=recharge") == ["R2"]
    assert ids(ada, "?q=R1") == ["R1"]
    assert ids(ada, "?q=R") == ids(ada, "?q=R3") == ids(ada, "?q=r1") == []
    assert "No entry matches these filters" in text(ada.page)
    assert ids(bo) == ["R3"]
    assert "Choose from the list." in text(ada.get("/bills/entries?kind=x"))


def test_a_recharge_shows_its_invoices_and_an_invoice_its_recharges(ada: Customer, world: World) -> None:
    issued, pending = ada.apply(amount="6500"), ada.apply(amount="100")
    world.issue(issued)
    tell(world, line("refund", "F1", "900", 5, refund_of="R2"))
    page = open_entry(ada, "R2")
    assert f'/invoices/{issued}"' in page
    assert f'/invoices/{pending}"' in page
    assert "INV-2026-000001" in page
    assert "F1" in page
    assert re.findall(r"<dt>(\w+)</dt><dd>(¥[\d,.]+)", page) == [
        ("Paid", "¥4,000.00"), ("Refunded", "¥900.00"), ("Reserved", "¥100.00"), ("Invoiced", "¥500.00"),
        ("Free", "¥2,500.00"),
    ]  # fmt: skip
    request = text(ada.get(f"/invoices/{issued}"))
    links = re.findall(r'href="(/bills/entries/\d+)">(R\d)<', request)
    assert [name for _, name in links] == ["R1", "R2"]
    assert "Recharge R2" in text(ada.get(links[1][0]))


def test_a_refund_shows_what_it_did(ada: Customer, world: World) -> None:
    world.issue(ada.apply(amount="6000"))
    covered, short = ada.apply(amount="3000"), ada.apply(amount="900")
    tell(
        world,
        line("refund", "F1", "1000", 5, refund_of="R1"),
        line("refund", "F2", "3500", 5, refund_of="R2"),
        line("refund", "F3", "5", 5, refund_of="R9"),
    )
    assert "¥1,000.00 of it had been invoiced before: finance has to correct that." in open_entry(ada, "F1")
    assert "¥1,000.00 was invoiced and refunded later" in open_entry(ada, "R1")
    words = " ".join(re.sub(r"<[^>]+>", "", open_entry(ada, "F2")).split())
    assert f"{short}: its money went; ¥900.00 found no other recharge" in words
    assert f"{covered}: its money went; ¥2,500.00 found no other recharge" in words
    assert "Its recharge R9 is not in the books yet" in open_entry(ada, "F3")
    assert "Not taken off yet" in text(ada.get("/bills/entries?q=F3"))


def test_a_refund_of_invoiced_money_says_what_of_it_is_still_to_be_corrected(ada: Customer, world: World) -> None:
    issued = ada.apply(amount="6000")
    world.issue(issued)
    tell(world, line("refund", "F1", "1000", 5, refund_of="R1"), line("refund", "F2", "200", 5, refund_of="R1"))
    said = "¥1,000.00 of it had been invoiced before"
    for credited, told in (
        ("0", ": finance has to correct that."),
        ("700", "; of its recharge ¥500.00 is still to be corrected."),
        ("500", "; that has been corrected."),
    ):
        if credited != "0":
            world.credit(issued, credited)
        for who, page in ((ada, open_entry(ada, "F1")), (world.customer("max"), "")):
            shown = page or text(who.get(finance_entry(who, "F1")))
            assert f"{said}{told}" in shown, credited


def finance_entry(who: Customer, external_id: str) -> str:
    """The address at which finance opens an entry."""
    (address,) = re.findall(
        r'class="key"><a href="([^"]+)"', text(who.get(f"/review/accounts/lumen/entries?q={external_id}"))
    )
    return str(address)


def test_a_refund_that_takes_nothing_off_says_why(ada: Customer, world: World) -> None:
    tell(
        world,
        line("recharge", "P1", "70", 5, status="pending"),
        line("refund", "F1", "70", 5, refund_of="P1"),
        line("refund", "F2", "500", 5, refund_of="N1"),
    )
    assert "Its recharge is not completed yet." in open_entry(ada, "F1")
    tell(world, line("recharge", "N1", "499", 6))
    assert "Less than this refund is left of its recharge" in open_entry(ada, "F2")
    assert "¥570.00 of the refunds is not taken off yet" in text(ada.get("/bills"))


def test_anothers_entry_is_not_found(ada: Customer, bo: Customer) -> None:
    page = text(ada.get("/bills/entries"))
    for address in re.findall(r'class="key"><a href="(/bills/entries/\d+)"', page):
        assert bo.get(address).status_code == 404
    for address in ("/bills/entries/0", "/bills/entries/99999999", "/bills/entries/x"):
        assert ada.get(address).status_code == 404


def test_a_recharge_in_many_requests_leads_on_to_all_of_them(ada: Customer, world: World) -> None:
    numbers = world.apply_often(*(f"{10 + turn}.00" for turn in range(SHOWN + 3)))
    page = open_entry(ada, "R1")
    assert f"{SHOWN} of {SHOWN + 3} are shown." in page
    assert f"All together: ¥{sum(range(10, 13 + SHOWN)):,}.00." in page
    (address,) = re.findall(r'href="(/bills/entries/\d+/uses)"', page)
    found: list[str] = []
    while address:
        page = text(ada.get(address))
        found += re.findall(r'class="key"><a href="/invoices/([^"]+)"', page)
        further = re.findall(r'href="([^"]+)"[^>]*rel="next"', page)
        address = further[0] if further else ""
    assert found == numbers[::-1]


def test_a_recharge_with_many_refunds_leads_on_to_all_of_them(ada: Customer, bo: Customer, world: World) -> None:
    tell(world, *(line("refund", f"F{turn}", "1.50", 5, refund_of="R1") for turn in range(SHOWN + 1)))
    page = open_entry(ada, "R1")
    assert f"{SHOWN} of {SHOWN + 1} are shown." in page
    (address,) = re.findall(r'href="(/bills/entries/\d+/refunds)"', page)
    assert 'rel="next"' in text(ada.get(address))
    assert len(re.findall(r'class="key"', text(ada.get(f"{address}?last=1")))) == SHOWN
    assert bo.get(address).status_code == 404
    assert ada.get(address.replace("refunds", "requests")).status_code == 404
