"""What the amounts in the form of a credit note come to, while somebody types them: line by line and in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from backoffice.issuing.queries.credits import Creditable
from backoffice.issuing.rules.credits import Share, take_back
from backoffice.issuing.services import proposals
from backoffice.money import ZERO
from backoffice.review.forms import CreditForm
from backoffice.web.errors import translate


@dataclass(frozen=True, slots=True)
class CreditSum:
    """What the lines with a sound amount give, and what is left of the invoice afterwards; major units."""

    taken: Sequence[tuple[Creditable, Share]]
    left_before: Decimal

    @property
    def net(self) -> Decimal:
        """Without tax."""
        return sum((share.net for _, share in self.taken), ZERO)

    @property
    def gross(self) -> Decimal:
        """With tax."""
        return sum((share.gross for _, share in self.taken), ZERO)

    @property
    def left(self) -> Decimal:
        """What of the invoice nobody would have taken back."""
        return self.left_before - self.gross


def check(form: CreditForm, lines: Sequence[Creditable]) -> bool:
    """Put beside each line what is wrong with its amount, and look at nothing else of the form; True where all are
    sound."""
    for line in lines:
        field = form.of_line(line.id)
        if field is None or not field.validate(form) or field.data is None:
            continue
        if field.data < ZERO:
            field.errors = [translate(proposals.NOTHING)]
        elif field.data > line.left.gross_left:
            field.errors = [translate(proposals.too_much(line))]
    return not any(form[name].errors for name in form.lines)


def summed(form: CreditForm, lines: Sequence[Creditable]) -> CreditSum:
    """What the amounts come to; a line with an amount that is wrong, or with none, gives nothing."""
    amounts = [_sound(form, line) for line in lines]
    shares = take_back([line.left for line in lines], amounts)
    taken = [(line, share) for line, share in zip(lines, shares, strict=True) if share.gross > ZERO]
    return CreditSum(taken, sum((line.left.gross_left for line in lines), ZERO))


def _sound(form: CreditForm, line: Creditable) -> Decimal:
    field = form.of_line(line.id)
    amount: Decimal | None = field.data if field is not None else None
    return amount if amount is not None and ZERO <= amount <= line.left.gross_left else ZERO
