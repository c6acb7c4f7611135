"""Why this amount: every line of the explanation, any past day, the statement; and that each figure equals its list."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from backoffice import clock
from backoffice.ledger.services import entries
from backoffice.money import parse_amount
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import set_policy
from backoffice.portal.queries import balance
from tests.portal.conftest import Customer, World, recharge, text
from tests.portal.crowd import many_entries
from tests.support.sql import statements

PAGE = "/invoices/balance"
SPENT = "everything is invoiced or in progress"


def book(world: World, *lines: object) -> None:
    """Let the platform tell something."""
    with world.app.app_context():
        from backoffice.database import transaction

        with transaction():
            results = entries.book(lines, source="test", now=clock.now())  # type: ignore[arg-type]
    assert {result.outcome for result in results} == {"added"}


def told(kind: str, external_id: str, amount: str, **further: object) -> object:
    """A line of another kind, of lumen."""
    return replace(recharge(external_id, "lumen", amount), kind=kind, **further)  # type: ignore[arg-type]


def lines(customer: Customer, address: str = PAGE) -> dict[str, str]:
    """Each line of the page's tables: its name -> its amount."""
    page = customer.get(address).text
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="num"[^>]*>(.*?)</td>', page, flags=re.S)
    return {html.unescape(re.sub(r"<[^>]+>", "", name)).strip(): html.unescape(value).strip() for name, value in rows}


def test_line_by_line_from_what_was_recharged_to_what_can_be_invoiced(world: World, ada: Customer) -> None:
    issued = ada.apply(amount="1000")
    world.issue(issued)
    ada.apply(amount="300")
    book(world, told("refund", "F1", "200", refund_of="R2"))
    shown = lines(ada)
    assert [shown[name] for name in ("Recharged", "Refunded", "In progress", "Invoiced Amount")] == [
        "¥10,000.00", "-¥200.00", "-¥300.00", "-¥1,000.00",
    ]  # fmt: skip
    assert shown["Invoiceable Amount"] == "¥8,500.00"
    assert "you can apply for any part of it from ¥1.00" in text(ada.page)


def test_what_does_not_count_is_named_with_its_reason(world: World, ada: Customer) -> None:
    book(
        world,
        told("recharge", "R9", "70", status="pending"),
        told("grant", "G1", "25"),
        told("consumption", "C1", "12.34"),
        told("refund", "F9", "5", refund_of="R-unknown"),
    )
    shown = lines(ada)
    assert shown["Recharges in process"] == "¥70.00"
    assert shown["Grants"] == "¥25.00"
    assert shown["Consumption"] == "¥12.34"
    assert shown["Refunds not taken off yet"] == "¥5.00"
    assert shown["Smallest amount"] == "¥1.00"
    assert shown["Invoiceable Amount"] == "¥10,000.00"


@pytest.mark.parametrize("failing", [False, True])
def test_every_figure_is_the_sum_of_the_list_it_opens(
    world: World, ada: Customer, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    world.issue(ada.apply(amount="1000"))
    ada.apply(amount="300")
    if failing:
        world.issue_fails(ada.apply(amount="20.50"), monkeypatch)
    else:
        ada.apply(amount="20.50")
    book(
        world,
        told("refund", "F1", "200", refund_of="R1"),
        told("refund", "F2", "7", refund_of="R-unknown"),
        told("grant", "G1", "25"),
        told("grant", "G2", "4"),
        told("grant", "G3", "1000", status="pending"),
        told("consumption", "C1", "12.34"),
        told("recharge", "R8", "70", status="pending"),
        told("recharge", "R9", "71", status="failed"),
    )
    page = ada.get(PAGE).text
    shown = lines(ada)
    links = dict(re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a></th>', page))
    card = ada.get("/invoices").text
    tiles = re.findall(
        r'<a href="([^"]+)">(Invoiced Amount|In progress)</a>.*?figure-value">([^<]+)<', card, flags=re.S
    )
    assert [(name, value) for _, name, value in tiles] == [("Invoiced Amount", "¥1,000.00"), ("In progress", "¥320.50")]
    assert {html.unescape(address) for address, _, _ in tiles} < {html.unescape(address) for address in links}
    checked = 0
    for address, name in links.items():
        listed = ada.get(html.unescape(address)).text
        if name == "Left on your recharges":
            amounts = re.findall(r'data-label="Free">¥([0-9.,]+)<', listed) or re.findall(
                r'data-label="Money left">¥([0-9.,]+)<', listed
            )
        else:
            amounts = re.findall(r'data-label="Amount"[^>]*>¥([0-9.,]+)<', listed)
        total = sum((parse_amount(one) for one in amounts), Decimal(0))
        figure = shown[name].removeprefix("-")
        assert total == parse_amount(figure.removeprefix("¥")), (name, amounts)
        # And the list says so itself, with how many there are.
        said = re.findall(r"<dt>Total of this list</dt><dd>([^<]+)<span class=\"fact-note\">([0-9]+)", listed)
        assert said == ([(figure, str(len(amounts)))] if amounts else []), name
        checked += 1
    assert checked == 9


def test_what_is_left_less_debt_and_shortage_is_what_can_be_invoiced(world: World, ada: Customer) -> None:
    world.issue(ada.apply(amount="6000"))
    ada.apply(amount="1000")
    book(world, told("refund", "F1", "100", refund_of="R1"), told("recharge", "R9", "500"))
    shown = lines(ada)
    assert shown["Left on your recharges"] == "¥3,500.00"
    assert shown["Invoiced and refunded later"] == "-¥100.00"
    assert shown["Invoiceable Amount"] == "¥3,400.00"


def test_debt_and_shortage_say_what_happens_next(world: World, ada: Customer) -> None:
    world.issue(ada.apply(amount="6000"))
    short = ada.apply(amount="4000")
    book(world, told("refund", "F1", "100", refund_of="R1"), told("refund", "F2", "40", refund_of="R2"))
    page = text(ada.get(PAGE))
    assert "¥100.00 of R1 was invoiced and refunded later" in page
    assert f"{short} is short by ¥40.00" in page
    assert "nothing, and ¥140.00 is missing" in page


def test_of_many_debts_and_short_requests_the_page_shows_some_and_leads_to_all(
    world: World, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance, "SHOWN", 1)
    book(world, told("recharge", "R4", "30"))
    world.issue(ada.apply(amount="10030"))
    book(world, told("refund", "F1", "100", refund_of="R1"))
    assert "There are more such recharges." not in text(ada.get(PAGE))
    book(world, told("refund", "F2", "40", refund_of="R2"), told("refund", "F3", "30", refund_of="R4"))
    book(world, told("recharge", "R5", "500"))
    page = text(ada.get(PAGE))
    assert "¥100.00 of R1 was invoiced" in page
    assert "of R2 was invoiced" not in page
    (address,) = re.findall(r'<p>There are more such recharges. <a href="([^"]+)"', page)
    assert address in re.findall(r'<a href="([^"]+)">Invoiced and refunded later</a>', page)
    listed = ada.get(address).text
    assert sorted(re.findall(r'class="key"><a href="[^"]+">([^<]+)<', listed)) == ["R1", "R2", "R4"]
    assert '<dt>Total of this list</dt><dd>¥170.00<span class="fact-note">3 entries<' in listed
    numbers = [ada.apply(amount="100"), ada.apply(amount="200")]
    book(world, told("refund", "F5", "450", refund_of="R5"))
    page = text(ada.get(PAGE))
    assert [number for number in numbers if f"{number} is short" in page] == numbers[:1]
    (address,) = re.findall(r'<p>More requests are short. <a href="([^"]+)"', page)
    assert text(ada.get(address)).count('tag-short">') == 2


def test_what_is_missing_opens_the_requests_that_lack_it(world: World, ada: Customer) -> None:
    world.issue(ada.apply(amount="10000"))
    book(world, told("recharge", "R4", "500"))
    numbers = [ada.apply(amount="100"), ada.apply(amount="200"), ada.apply(amount="200")]
    book(world, told("refund", "F5", "350", refund_of="R4"))
    for who, page, base, name in (
        (ada, PAGE, "/invoices", "Missing in requests"),
        (world.customer("rita"), "/review/accounts/lumen", "/review", "Short"),
    ):
        figures = html.unescape(who.get(page).text)
        (address,) = re.findall(rf'<a href="([^"#]+)">{name}</a>', figures)
        listed = html.unescape(who.get(address).text)
        assert re.findall(rf'<th scope="row"[^>]*><a href="{base}/([^"]+)"', listed) == numbers[:0:-1], "newest first"
        lacking = re.findall(r'<span class="fact-note">¥([0-9.]+) missing</span>', listed)
        assert sum(map(parse_amount, lacking)) == 350
        assert f"{name}</a>" in figures
        assert "¥350.00" in figures
        assert '<dt>Missing in all</dt><dd>¥350.00<span class="fact-note">2 requests over ¥400.00<' in listed
        narrower = html.unescape(who.get(f"{address}&status=pending").text)
        assert re.findall(rf'<th scope="row"[^>]*><a href="{base}/([^"]+)"', narrower) == numbers[:0:-1]
        assert "Missing in all" not in narrower, "what a further filter leaves is no figure of the account"
        assert "No request matches these filters" in who.get(f"{address}&status=issued").text
    book(world, told("recharge", "R6", "350"))
    assert "No request matches these filters" in ada.get("/invoices?short=1").text


def test_less_than_the_smallest_amount_is_explained(world: World, ada: Customer) -> None:
    world.act(
        set_policy, world.cast.ana.actor, PolicyKey.MINIMUM_AMOUNT, "500.00", starts_on=clock.today(), reason="test"
    )
    ada.apply(amount="9900")
    assert "less than the smallest amount of an invoice, ¥500.00" in text(ada.get(PAGE))


@pytest.mark.parametrize("failing", [False, True])
def test_what_was_credited_is_in_the_figure_and_in_its_list(
    world: World, ada: Customer, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    number = ada.apply(amount="300")
    if failing:
        world.issue_fails(number, monkeypatch)
    else:
        world.issue(number)
    world.credit(number, "100")
    shown = lines(ada)
    assert (shown["In progress"], shown["Invoiced Amount"]) == (
        ("-¥200.00", "¥0.00") if failing else ("¥0.00", "-¥200.00")
    )
    assert shown["Invoiceable Amount"] == "¥9,800.00"
    credited = '¥300.00<span class="fact-note">less ¥100.00 credited</span>'
    lists = [(ada, "/invoices"), (world.customer("max"), "/review/accounts/lumen/requests")]
    lists += [] if failing else [(ada, "/bills")]
    for who, address in lists:
        assert credited in who.get(address).text, address
    (entry,) = re.findall(r'href="(/bills/entries/[0-9]+)">R1<', ada.get("/bills/entries").text)
    assert f'data-label="Taken from here"><span>{credited}' in ada.get(entry).text


def test_the_statement_tells_every_movement_newest_first(world: World, ada: Customer) -> None:
    number = ada.apply(amount="300")
    page = ada.get(PAGE).text
    statement = page[page.index('id="statement"') :]
    rows = re.findall(
        r'data-label="What">([^<]+)<.*?data-label="About">(.*?)</td>.*?"Movement">([^<]+)<.*?then">([^<]+)<', statement
    )
    assert [(what, re.sub("<[^>]+>", "", about), change, after) for what, about, change, after in rows] == [
        ("Applied for", number, "-¥300.00", "¥9,700.00"),
        ("Recharged", "R2", "¥4,000.00", "¥10,000.00"),
        ("Recharged", "R1", "¥6,000.00", "¥6,000.00"),
    ]


def cents(texts: tuple[str, str]) -> tuple[Decimal, Decimal]:
    change, after = (Decimal(each.replace("¥", "").replace(",", "")) for each in texts)
    return change, after


def said(customer: Customer) -> tuple[str, str]:
    """The explanation, and the form to apply with."""
    return text(customer.get(PAGE)), text(customer.get("/invoices/apply"))


def test_an_account_without_money_is_told_how_it_begins(world: World) -> None:
    explained, form = said(world.customer("neu"))
    assert "Nothing has moved yet" in explained
    assert "nothing has been recharged yet" in explained
    assert "Nothing has been recharged yet." in form
    assert SPENT not in (explained + form).replace("you recharged ", "").lower()


def test_an_account_whose_money_went_back_is_told_so(world: World, bo: Customer) -> None:
    book(world, told("refund", "F1", "500", account="yunqi", refund_of="R3"))
    explained, form = said(bo)
    assert "everything you recharged was refunded" in explained
    assert "Everything you recharged was refunded." in form
    assert SPENT not in (explained + form).replace("you recharged ", "").lower()


def test_an_account_that_has_invoiced_everything_is_told_so(ada: Customer) -> None:
    ada.apply(amount="10000")
    explained, form = said(ada)
    assert SPENT in explained
    assert "Everything you recharged is invoiced or in progress." in form


def test_the_page_costs_the_same_however_much_there_is(world: World, ada: Customer) -> None:
    costs = []
    for more in (0, 300):
        if more:
            with world.app.app_context():
                many_entries(world.cast.lumen, more)
        with statements(world.app) as sent:
            assert ada.get(f"{PAGE}?on={clock.today()}").status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] == 10, costs
