"""What requests are searched by: the header's name in pieces of two characters, the tax ID, addresses of copies."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, install_triggers
from backoffice.requests.models.invoice_request import InvoiceRequest


class RequestSearch(Base):
    """The searchable side of one request; its frozen header never changes, so this does not either.

    `name` is normalised, `grams` are its pairs of neighbouring characters, spelt so that no tokenizer takes them apart.
    """

    __tablename__ = "request_search"
    __table_args__ = (
        Index("ix_request_search_tax_id", "tax_id"),
        Index("ix_request_search_grams", text("string_to_array(grams, ' ')"), postgresql_using="gin").ddl_if(
            dialect="postgresql"
        ),
    )

    request_id: Mapped[int] = mapped_column(Id, ForeignKey(InvoiceRequest.id), primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(1024))
    grams: Mapped[str] = mapped_column(Text)
    tax_id: Mapped[str] = mapped_column(String(40))


class RequestCopy(Base):
    """One further address that gets a request's invoice, in lower case; its `copies` say it as typed."""

    __tablename__ = "request_copy"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    request_id: Mapped[int] = mapped_column(Id, ForeignKey(InvoiceRequest.id), primary_key=True, index=True)


# Rows are only ever added (a migration that rewrites some tells the index itself). Positions are not kept: what the
# pairs find is compared with the name itself.
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE request_search_index USING fts5(grams, content='request_search', content_rowid='request_id',"
    " detail='none')",
    "CREATE TRIGGER request_search_added AFTER INSERT ON request_search BEGIN"
    " INSERT INTO request_search_index(rowid, grams) VALUES (NEW.request_id, NEW.grams); END",
)


install_triggers("request_search", "sqlite", SQLITE_SEARCH)
