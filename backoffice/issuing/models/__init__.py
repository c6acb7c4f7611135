"""Number series, invoices, credit notes and stops of issuing."""

from backoffice.issuing.models.credits import (
    CreditNote,
    CreditNoteLine,
    CreditProposal,
    CreditProposalLine,
    CreditReissue,
)
from backoffice.issuing.models.invoices import Invoice, InvoiceLine, InvoiceSeries
from backoffice.issuing.models.stops import IssuingStop
from backoffice.issuing.models.wishes import CorrectionWish

__all__ = [
    "CorrectionWish",
    "CreditNote",
    "CreditNoteLine",
    "CreditProposal",
    "CreditProposalLine",
    "CreditReissue",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "IssuingStop",
]
