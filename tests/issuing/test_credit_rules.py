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
from backoffice.issuing.rules import Snapshot, TaxKind, split_tax
from backoffice.issuing.rules.credits import (
    CREDIT_REASONS,
    CreditReason,
    LineLeft,
    Share,
    build_credit_snapshot,
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


@given(seed=st.integers(0, 10**6), notes=st.integers(1, 6))
def test_whatever_the_order_each_rate_is_exact_and_nothing_is_lost(seed: int, notes: int) -> None:
    draw = random.Random(seed)
    takes_back(lines_of(at_random(seed).freeze()), notes, draw)


@pytest.mark.parametrize("count", [2, 7, 60, 500])
def test_alike_lines_that_were_all_rounded_alike_need_no_second_note(count: int) -> None:
    """Many equal lines, of one rate or of several, and among them those that were all rounded up, or all down."""
    draw = random.Random(count)
    for turn in range(1200 // count):
        gross = from_minor(draw.choice([1, 2, 9, 100, 1000, draw.randint(1, 10**6)]))
        taxes = draw.choice(
            [[("rate", "0.06")], [("rate", "0.13"), ("rate", "0.01")], [("rate", "0.03"), ("zero", "0")]]
        )
        sources = [line(gross, TaxKind(kind), rate) for kind, rate in (draw.choice(taxes) for _ in range(count))]
        lines = [LineLeft(one.source.tax_kind, one.source.rate, one.net, one.gross) for one in split_tax(sources)[0]]
        takes_back(lines, draw.randint(1, 12), draw, alike=turn % 2 == 0)


def takes_back(lines: list[LineLeft], notes: int, draw: random.Random, *, alike: bool = False) -> None:
    """Take everything back in this many notes, the first of them of the lines that were rounded up, or down, alone
    where `alike`, and look at what each of them leaves."""
    touched = [0] * len(lines)
    up = draw.choice([True, False])
    for turn in range(notes):
        if turn == notes - 1:
            wanted = [one.gross_left for one in lines]
        elif alike and turn == 0:
            wanted = [one.gross if (one.net > exact_net(one)) is up else ZERO for one in lines]
        else:
            some = draw.choice([0.02, 0.5, 1])
            wanted = [
                draw.choice([one.gross_left, from_minor(draw.randint(0, _cents(one)))])
                if draw.random() < some
                else ZERO
                for one in lines
            ]
        shares = take_back(lines, wanted)
        assert [share.gross for share in shares] == wanted
        for one, share in zip(lines, shares, strict=True):
            assert min(share.net, share.tax) >= ZERO
            assert abs(Fraction(share.net) - Fraction(share.gross) / (1 + Fraction(one.rate))) < Fraction(1, 100)
        touched = [count + (amount > ZERO) for count, amount in zip(touched, wanted, strict=True)]
        lines = after(lines, shares)
        _each_rate_is_exact(lines, shares)
    assert [one.credited_gross for one in lines] == [one.gross for one in lines]
    for one, count in zip(lines, touched, strict=True):
        assert to_minor(abs(one.credited_net - one.net)) <= count


def exact_net(one: LineLeft) -> Fraction:
    """What a line's net is before it is rounded."""
    return Fraction(one.gross) / (1 + Fraction(one.rate))


def _cents(line: LineLeft) -> int:
    return to_minor(line.gross_left)


def _each_rate_is_exact(lines: list[LineLeft], shares: list[Share]) -> None:
    """By rate: what all notes took is rounded once, leaves no less than nothing, and none of them is off its rate."""
    for key in {(one.tax_kind, one.rate) for one in lines}:
        members = [index for index, one in enumerate(lines) if (one.tax_kind, one.rate) == key]
        group, parts = [lines[index] for index in members], [shares[index] for index in members]
        gross, net = (sum(to_minor(getattr(one, f"credited_{name}")) for one in group) for name in ("gross", "net"))
        above, below = (1 + Fraction(key[1])).denominator, (1 + Fraction(key[1])).numerator
        assert net == (2 * gross * above + below) // (2 * below)
        net_left = sum(to_minor(one.net) for one in group) - net
        gross_left = sum(_cents(one) for one in group)
        assert 0 <= net_left <= gross_left
        assert gross_left or net_left == 0
        taken, tax = (sum(to_minor(getattr(one, name)) for one in parts) for name in ("net", "tax"))
        assert abs(tax - taken * Fraction(key[1])) < 2


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
    """The net of each share of one rate group, cent by cent.

    What all gross credited by now is worth, rounded half-up, less what was credited before (design/domain.md 4). Each
    line gives the whole cents of what its amount is worth; each further cent goes to the one that is furthest behind
    what it should have given by now, the first of several. A line that is gone should have given its own net.
    """
    factor = 100 / (1 + Fraction(lines[0].rate))
    worth = [Fraction(amount) * factor for amount in amounts]
    before = [to_minor(line.credited_net) for line in lines]
    should = [
        Fraction(to_minor(line.net)) if amount == line.gross_left else Fraction(line.credited_gross + amount) * factor
        for line, amount in zip(lines, amounts, strict=True)
    ]
    given = [each // 1 for each in worth]
    wanted = (sum(Fraction(line.credited_gross) * factor for line in lines) + sum(worth) + Fraction(1, 2)) // 1
    while sum(given) + sum(before) < wanted:
        able = [index for index, cents in enumerate(given) if cents < worth[index]]
        given[max(able, key=lambda index: (should[index] - before[index] - given[index], -index))] += 1
    return [from_minor(cents) for cents in given]


@pytest.mark.parametrize(("cases", "count"), [(800, 1), (800, 3), (300, 12), (20, 120), (2, 500)])
def test_the_shares_are_those_of_a_slow_reference(cases: int, count: int) -> None:
    """Some thousand notes, one after the other on invoices with alike and with any lines, whole lines among them."""
    draw = random.Random(count)
    for _ in range(cases):
        rate = draw.choice(["0.01", "0.03", "0.06", "0.09", "0.13"])
        alike = [from_minor(draw.choice([1, 2, 9, 100, 1000, draw.randint(1, 10**6)]))]
        gross = [draw.choice([*alike * 3, from_minor(draw.randint(1, 999))]) for _ in range(count)]
        whole, _ = split_tax([line(one, TaxKind.RATE, rate) for one in gross])
        lines = [LineLeft("rate", Decimal(rate), one.net, one.gross) for one in whole]
        for _ in range(draw.randint(1, 3)):
            wanted = [
                draw.choice([ZERO, one.gross_left, from_minor(draw.randint(0, to_minor(one.gross_left)))])
                for one in lines
            ]
            shares = take_back(lines, wanted)
            assert [share.net for share in shares] == slow_nets(lines, wanted)
            lines = after(lines, shares)


def test_what_earlier_notes_took_too_much_of_a_rate_is_made_up_for() -> None:
    """Once a line gave back its own net whatever its rate came to."""
    up, down = Decimal("9.44"), Decimal("9.43")
    lines = [LineLeft("rate", Decimal("0.06"), up, Decimal("10.00"), up, Decimal("10.00"))] * 60
    lines += [LineLeft("rate", Decimal("0.06"), down, Decimal("10.00"))] * 91
    (least,) = [share for share in take_back(lines, [ZERO] * 60 + [Decimal("0.10")] + [ZERO] * 90) if share.gross]
    assert least == Share(ZERO, Decimal("0.10"))
    rest = take_back(lines, [one.gross_left for one in lines])
    assert sum((share.net for share in rest), ZERO) == down * 91


def test_a_rate_that_was_written_in_two_ways_is_one_group() -> None:
    lines = [line("53.00"), line("10.60", rate="0.060")]
    whole = Paper(lines).freeze()
    snapshot = note(whole, take_back(lines_of(whole), [Decimal("53.00"), Decimal("10.60")]))
    assert [(group["rate"], group["gross"]) for group in snapshot["tax_groups"]] == [("0.06", "-63.60")]


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
        assert (snapshot["capitals"], snapshot["words"][:6]) == (capitals(-gross, snapshot["currency"]), "Minus ")
        assert snapshot["capitals"].endswith(f"负{capitals(gross)}")
        xml = einvoice.build(snapshot)
        assert en16931.schema_errors(xml) + en16931.judge(xml).failures == []
        document = en16931.read(xml)
        assert texts(document, "TypeCode")[0] == "381"
        assert texts(document, "GrandTotalAmount") == texts(document, "TotalPrepaidAmount") == [str(gross)]
        assert not [amount for amount in texts(document, "LineTotalAmount") if amount.startswith("-")]
        assert texts(document, "InvoiceReferencedDocument/IssuerAssignedID") == [whole["number"]]
        assert b'<qdt:DateTimeString format="102">20260402' in xml


def test_the_lines_that_were_all_rounded_up_make_one_valid_document() -> None:
    whole = Paper([line("10.00")] * 500).freeze()
    lines = lines_of(whole)
    up = take_back(lines, [one.gross if one.net == Decimal("9.44") else ZERO for one in lines])
    snapshot = note(whole, up)
    assert (len(snapshot["lines"]), snapshot["gross"]) == (198, "-1980.00")
    xml = einvoice.build(snapshot)
    assert en16931.schema_errors(xml) + en16931.judge(xml).failures == []


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
