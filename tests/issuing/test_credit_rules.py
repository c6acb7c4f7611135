"""What a credit note takes back: it never drifts, and in the end every line has given exactly what it said."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.issuing import einvoice, face
from backoffice.issuing.pdf import render
from backoffice.issuing.rules import Snapshot
from backoffice.issuing.rules.credits import (
    CREDIT_REASONS,
    CreditReason,
    LineLeft,
    Share,
    build_credit_snapshot,
    is_off,
    take_back,
)
from backoffice.issuing.words import capitals
from backoffice.money import ZERO, from_minor, to_minor
from tests.support import en16931, pdfs
from tests.support.en16931 import texts
from tests.support.invoices import Paper, at_random, line


def lines_of(snapshot: Snapshot) -> list[LineLeft]:
    """The lines of an invoice of which nothing was taken back yet."""
    return [
        LineLeft(one["tax_kind"], Decimal(one["rate"]), Decimal(one["net"]), Decimal(one["gross"]))
        for one in snapshot["lines"]
    ]


def after(lines: list[LineLeft], shares: list[Share]) -> list[LineLeft]:
    """The same lines when these shares are taken back as well."""
    return [
        LineLeft(one.tax_kind, one.rate, one.net, one.gross, one.credited_net + share.net,
                 one.credited_gross + share.gross)
        for one, share in zip(lines, shares, strict=True)
    ]  # fmt: skip


def note(snapshot: Snapshot, shares: list[Share], number: str | None = "CN-2026-000007") -> Snapshot:
    """The credit note that takes these shares back."""
    return build_credit_snapshot(
        snapshot, shares, number=number, issued_at=datetime(2026, 5, 1, tzinfo=UTC), issued_on=date(2026, 5, 1),
        reason=CreditReason.RETURNED, remarks="退回 R&D", verify_url="https://backoffice.example/verify",
    )  # fmt: skip


@given(seed=st.integers(0, 10**6), notes=st.integers(1, 5))
def test_whatever_the_order_nothing_is_lost_and_no_line_gives_too_much(seed: int, notes: int) -> None:
    draw = random.Random(seed)
    whole = at_random(seed).freeze()
    lines = lines_of(whole)
    for turn in range(notes):
        last = turn == notes - 1
        wanted = [
            line.gross_left if last else draw.choice([ZERO, line.gross_left, from_minor(draw.randint(0, _cents(line)))])
            for line in lines
        ]
        shares = take_back(lines, wanted)
        assert [share.gross for share in shares] == wanted
        lines = after(lines, shares)
        for one, share in zip(lines, shares, strict=True):
            assert min(share.net, share.tax, one.net_left, one.tax_left, one.gross_left) >= ZERO
        _rounded_once(lines)
    assert [(one.credited_net, one.credited_gross) for one in lines] == [(one.net, one.gross) for one in lines]


def _cents(line: LineLeft) -> int:
    return to_minor(line.gross_left)


def _rounded_once(lines: list[LineLeft]) -> None:
    """Each group's net of all notes together is within the cents that its lines were rounded by."""
    for key in {(one.tax_kind, one.rate) for one in lines}:
        group = [one for one in lines if (one.tax_kind, one.rate) == key]
        exact = sum(to_minor(one.credited_gross) for one in group) / (1 + Fraction(key[1]))
        net = sum(to_minor(one.credited_net) for one in group)
        assert abs(net - exact) <= max(1, len(group))


def test_parts_of_one_line_are_rounded_together_not_each() -> None:
    lines = lines_of(Paper([line("10.00")]).freeze())
    nets = []
    for _ in range(10):
        (share,) = take_back(lines, [Decimal("1.00")])
        lines = after(lines, [share])
        nets.append(str(share.net))
    # Each alone would be 0.94, and ten of them 9.40; the invoice says 9.43.
    assert nets == ["0.94", "0.95", "0.94", "0.94", "0.95", "0.94", "0.94", "0.95", "0.94", "0.94"]


@pytest.mark.parametrize("amounts", [["10.01"], ["-0.01"]])
def test_more_than_is_left_is_a_fault_of_the_caller(amounts: list[str]) -> None:
    with pytest.raises(ValueError, match="cannot be taken back"):
        take_back(lines_of(Paper([line("10.00")]).freeze()), [Decimal(amount) for amount in amounts])


def slow_nets(lines: list[LineLeft], amounts: list[Decimal]) -> list[Decimal]:
    """The net of each share of one rate group by the words of design/domain.md 4, cent by cent.

    What all gross credited by now is worth, rounded half-up, less what was credited before, as near as what is left of
    each line's net and tax allows; each cent goes to the line that is furthest below its exact share, the first of
    several.
    """
    factor = 100 / (1 + Fraction(lines[0].rate))
    by_now = [Fraction(line.credited_gross + amount) for line, amount in zip(lines, amounts, strict=True)]
    least = [max(0, to_minor(amount - line.tax_left)) for line, amount in zip(lines, amounts, strict=True)]
    most = [to_minor(min(amount, line.net_left)) for line, amount in zip(lines, amounts, strict=True)]
    exact = [each * factor - to_minor(line.credited_net) for each, line in zip(by_now, lines, strict=True)]
    # To begin at nothing would take a day: nobody ends further below the exact share than two cents.
    given = [min(max(low, each // 1 - 2), high) for low, each, high in zip(least, exact, most, strict=True)]
    before = sum(to_minor(line.credited_net) for line in lines)
    wanted = min((sum(by_now) * factor + Fraction(1, 2)) // 1 - before, sum(most))
    while sum(given) < wanted:
        below = [index for index, cents in enumerate(given) if cents < most[index]]
        given[max(below, key=lambda index: (exact[index] - given[index], -index))] += 1
    return [from_minor(cents) for cents in given]


def invoiced_nets(gross: list[Decimal], rate: Decimal) -> list[Decimal]:
    """The nets of an invoice over these lines: those of the group by largest remainder, the first of equal ones."""
    exact = [one * 100 / (1 + Fraction(rate)) for one in map(Fraction, gross)]
    cents = [each // 1 for each in exact]
    more = (sum(exact) + Fraction(1, 2)) // 1 - sum(cents)
    for index in sorted(range(len(gross)), key=lambda index: (cents[index] - exact[index], index))[:more]:
        cents[index] += 1
    return [from_minor(each) for each in cents]


@pytest.mark.parametrize(("cases", "count"), [(800, 1), (800, 3), (300, 12), (20, 120), (2, 500)])
def test_the_shares_are_those_of_a_slow_reference(cases: int, count: int) -> None:
    """Some thousand notes, one after the other on invoices with alike and with any lines, whole lines among them."""
    draw = random.Random(count)
    for _ in range(cases):
        rate = Decimal(draw.choice(["0.01", "0.03", "0.06", "0.09", "0.13"]))
        alike = [from_minor(draw.choice([1, 2, 9, 100, 1000, draw.randint(1, 10**6)]))]
        gross = [draw.choice([*alike * 3, from_minor(draw.randint(1, 999))]) for _ in range(count)]
        nets = invoiced_nets(gross, rate)
        lines = [LineLeft("rate", rate, net, one) for net, one in zip(nets, gross, strict=True)]
        for _ in range(draw.randint(1, 3)):
            wanted = [
                draw.choice([ZERO, one.gross_left, from_minor(draw.randint(0, to_minor(one.gross_left)))])
                for one in lines
            ]
            shares = take_back(lines, wanted)
            assert [share.net for share in shares] == slow_nets(lines, wanted)
            lines = after(lines, shares)


def test_equal_lines_that_were_rounded_alike_can_be_too_far_from_their_rate() -> None:
    lines = lines_of(Paper([line("10.00")] * 500).freeze())
    up = [one.gross if one.net == Decimal("9.44") else ZERO for one in lines]
    shares = take_back(lines, up)
    net = sum((share.net for share in shares), ZERO)
    assert is_off(net, sum(up, ZERO) - net, Decimal("0.06"))
    half = take_back(lines, [amount if index < 100 else ZERO for index, amount in enumerate(up)])
    net, gross = (sum((getattr(share, name) for share in half), ZERO) for name in ("net", "gross"))
    assert not is_off(net, gross - net, Decimal("0.06"))


@pytest.mark.parametrize("seed", range(12))
def test_the_document_says_the_same_to_people_and_to_programs(seed: int) -> None:
    draw, whole = random.Random(seed), at_random(seed).freeze()
    lines = lines_of(whole)
    first = take_back(lines, [draw.choice([ZERO, from_minor(draw.randint(1, _cents(one)))]) for one in lines])
    rest = take_back(after(lines, first), [one.gross_left for one in after(lines, first)])
    for shares in (first, rest):
        if not any(share.gross for share in shares):
            continue
        snapshot = note(whole, shares)
        gross = sum((share.gross for share in shares), ZERO)
        assert Decimal(snapshot["gross"]) == -gross == Decimal(snapshot["net"]) + Decimal(snapshot["tax"])
        assert (snapshot["capitals"], snapshot["words"][:6]) == (f"负{capitals(gross)}", "Minus ")
        xml = einvoice.build(snapshot)
        assert en16931.schema_errors(xml) + en16931.judge(xml).failures == []
        document = en16931.read(xml)
        assert texts(document, "TypeCode")[0] == "381"
        assert texts(document, "GrandTotalAmount") == texts(document, "TotalPrepaidAmount") == [str(gross)]
        assert not [amount for amount in texts(document, "LineTotalAmount") if amount.startswith("-")]
        assert texts(document, "InvoiceReferencedDocument/IssuerAssignedID") == [whole["number"]]
        assert b'<qdt:DateTimeString format="102">20260402' in xml


def test_the_face_names_the_invoice_and_the_reason_and_is_negative() -> None:
    whole = Paper([line("106.00"), line("53.00")]).freeze()
    shares = take_back(lines_of(whole), [ZERO, Decimal("53.00")])
    pdf = pdfs.read(render(note(whole, shares)))
    for words in (
        *("红字发票", "CreditNote", "CN-2026-000007", "INV-2026-000042", "2026-04-02", "-53.00", "负伍拾叁元整"),
        *("Minus", "Invoicereturned", "退回R&D"),
    ):
        assert words in pdf.text, words
    assert "CommercialInvoice" not in pdf.text
    assert pdf.files == {"factur-x.xml": einvoice.build(note(whole, shares))}
    draft = pdfs.read(render(note(whole, shares, number=None)))
    assert "DRAFT" in draft.text
    assert draft.files == {}


def test_every_reason_has_words_on_the_face_and_on_the_pages() -> None:
    assert {reason.value for reason in CREDIT_REASONS} == set(CreditReason) == set(face.CREDIT_REASONS)
