"""Number series, invoices, credit notes, stops of issuing, and what a tax platform issued for an invoice."""

from backoffice.issuing.models.credits import (
    CreditLeft,
    CreditNote,
    CreditNoteLine,
    CreditProposal,
    CreditProposalLine,
    CreditReissue,
)
from backoffice.issuing.models.invoices import Invoice, InvoiceLine, InvoiceSeries
from backoffice.issuing.models.official import OfficialRecord
from backoffice.issuing.models.stops import IssuingStop
from backoffice.issuing.models.wishes import CorrectionWish

__all__ = [
    "CorrectionWish",
    "CreditLeft",
    "CreditNote",
    "CreditNoteLine",
    "CreditProposal",
    "CreditProposalLine",
    "CreditReissue",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
    "IssuingStop",
    "OfficialRecord",
]
