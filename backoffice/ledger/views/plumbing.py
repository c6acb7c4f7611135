"""What the books' pages share: their blueprint."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("ledger", __name__)
