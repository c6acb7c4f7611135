"""What an administrator sends about ledger files."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField

from backoffice.ledger.services.conflicts import REASON_LIMIT
from backoffice.ledger.services.files import SOURCE_LIMIT
from backoffice.web.forms import CleanString, Form


class ImportForm(Form):
    """One file of the platform, and how it is to be taken."""

    file = FileField(_l("CSV file"), render_kw={"accept": ".csv,.txt,text/csv", "required": True})
    source = CleanString(
        _l("Source"),
        max_length=SOURCE_LIMIT,
        default="platform",
        render_kw={"required": True, "autocomplete": "off", "spellcheck": "false"},
    )
    strict = BooleanField(_l("All lines or none"))
    dry_run = BooleanField(_l("Try only: change nothing"))


class SettleForm(Form):
    """Why a conflict needs nobody any more."""

    reason = CleanString(_l("Reason"), max_length=REASON_LIMIT, multiline=True, render_kw={"required": True})
