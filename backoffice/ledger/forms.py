"""What an administrator sends about ledger files."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField

from backoffice.ledger.services.conflicts import REASON_LIMIT
from backoffice.ledger.services.sources import SOURCE_LIMIT
from backoffice.web.forms import CleanString, Form, choices
from backoffice.web.kept_forms import KeptForm

DEFAULT_SOURCE = "platform"


class ImportForm(KeptForm):
    """One file of the platform, and how it is to be taken."""

    file = FileField(_l("CSV file"), render_kw={"accept": ".csv,.txt,text/csv", "required": True})
    source = CleanString(
        _l("Source"),
        max_length=SOURCE_LIMIT,
        default=DEFAULT_SOURCE,
        render_kw={"required": True, "autocomplete": "off", "spellcheck": "false"},
    )
    strict = BooleanField(_l("All lines or none"))
    dry_run = BooleanField(_l("Try only: change nothing"))


class ConfirmForm(Form):
    """Which system the ids of a file that asks belong to: the one it was handed in under, or one that is known."""

    needed = ("source",)

    source = RadioField(_l("Source"), validate_choice=False)
    seen = HiddenField()

    def offer(self, sources: Sequence[str]) -> None:
        """Let them choose between these."""
        self.source.choices = choices((name, name) for name in sources)


class SettleForm(KeptForm):
    """Why a conflict needs nobody any more."""

    reason = CleanString(_l("Reason"), max_length=REASON_LIMIT, multiline=True, render_kw={"required": True})
