"""The base of all forms and the fields they share. The rules live in the capabilities; here text becomes values.

Every field keeps what was typed: a value that makes no sense is shown again beside the sentence that says why.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

import wtforms
from babel.support import NullTranslations, Translations
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectChoice, StringField
from wtforms.i18n import messages_path
from wtforms.validators import InputRequired, StopValidation
from wtforms.widgets import DateInput, EmailInput, TextArea

from backoffice.errors import Invalid
from backoffice.money import AmountError, parse_amount
from backoffice.text import EMAIL_LIMIT, TextError, clean, clean_email
from backoffice.web.errors import translate
from backoffice.web.formatting import page_locale

_LONGEST_AMOUNT = 64
_LONGEST_ID = 18
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = range(1970, 2200)


# Flask-WTF reads its catalog from the disk for each request that has a form.
@cache
def _sentences(language: str) -> NullTranslations:
    return Translations.load(messages_path(), [language], domain="wtforms")


class Form(FlaskForm):  # type: ignore[misc]
    """A form of the browser. Its CSRF token is checked for every POST by `extensions.csrf`, before any view runs."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False

        def get_translations(self, form: Any) -> Any:
            """The sentences of wtforms itself in the reader's language."""
            return _sentences(page_locale())

    # Fields whose labels say that they are needed. The rule itself is the service's, and its sentences say what to do.
    needed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The key of `errors` under which sentences about no single field stand; the components expect None.
        self._form_error_key = None
        for name in self.needed:
            self[name].flags.required = True


class Required(InputRequired):  # type: ignore[misc]
    """Something must be typed or chosen; spaces alone are nothing."""

    def __init__(self, message: Any = None) -> None:
        super().__init__(message or lazy_gettext("Please fill this in."))

    def __call__(self, form: Any, field: Any) -> None:
        """Stop the field's validation with one sentence; a value that could not be read has its own already."""
        if field.errors:
            raise StopValidation
        if not (field.raw_data and str(field.raw_data[0]).strip()):
            raise StopValidation(str(self.message))


_TOKEN = re.compile(r"[0-9A-Za-z_-]{16,64}")


def apply_errors(form: FlaskForm, error: Invalid) -> None:
    """Put each sentence of a refusal beside its field, and those that belong to none of this form on top."""
    for name, messages in error.fields.items():
        sentences = [translate(message) for message in messages]
        if name in form:
            form[name].errors = [*form[name].errors, *sentences]
        else:
            form.form_errors.extend(sentences)
    if not error.fields:
        form.form_errors.append(translate(error.message))


def form_token(sent: str | None) -> str:
    """The name of one filled-in form, by which a double press is known: the one that came along, or a new one."""
    return sent if sent and _TOKEN.fullmatch(sent) else secrets.token_urlsafe(24)


def choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """What a SelectField or RadioField offers, from (value, label) pairs; labels may be lazy."""
    return [SelectChoice(value, label) for value, label in pairs]


def whole_number(text: str | None) -> int | None:
    """The id in a form's field or a query string; None for anything the database could not have given out."""
    if not text or len(text) > _LONGEST_ID or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


class TextAreaField(wtforms.TextAreaField):  # type: ignore[misc]
    """A text of several lines. Browsers send CR LF for a break and count one character: so does everything behind it,
    and what nobody touched says what is kept."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the first value with one sign for a break."""
        super().process_formdata([value.replace("\r\n", "\n") for value in valuelist])


class TypedField(StringField):  # type: ignore[misc]
    """A text input whose value is parsed: `typed` is what came, `data` what it means (None when it means nothing)."""

    typed: str | None = None
    data: Any

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Parse the first value; empty text is None."""
        if not valuelist:
            return
        self.typed = valuelist[0]
        self.data = None
        if self.typed.strip():
            self.data = self.parse(self.typed)

    def parse(self, text: str) -> Any:
        """The value `text` stands for. Raises ValueError with a translated sentence."""
        raise NotImplementedError

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        if isinstance(self.data, str):  # what somebody typed before something came in between
            return self.data
        return "" if self.data is None else self.written(self.data)

    def written(self, value: Any) -> str:
        """How a value that was not typed but given (a default, a draft) is written into the input."""
        return str(value)


class CleanString(TypedField):
    """Text without hidden or forbidden characters (`text.clean`). Its value is always a string, empty for none."""

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Callable[[Any, Any], None]] | None = None,
        *,
        max_length: int,
        multiline: bool = False,
        **options: Any,
    ) -> None:
        self.max_length, self.multiline = max_length, multiline
        super().__init__(label, list(validators or ()), **options)
        self.flags.maxlength = max_length
        if multiline:
            self.widget = TextArea()
            # The components choose how to draw a field by this word.
            self.type = "TextAreaField"

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Clean the first value; nothing typed is the empty text."""
        super().process_formdata(valuelist)
        if valuelist and self.data is None:
            self.data = ""

    def parse(self, text: str) -> str:
        """The cleaned text."""
        try:
            return clean(text, max_length=self.max_length, multiline=self.multiline)
        except TextError as error:
            raise ValueError(translate(error.message)) from None


class AmountField(TypedField):
    """An amount of money in major units; its value is a `Decimal` with two places."""

    def parse(self, text: str) -> Decimal:
        """Read the amount by the rule of `money.parse_amount`, which rounds nothing."""
        try:
            return parse_amount(text[:_LONGEST_AMOUNT])
        except AmountError as error:
            raise ValueError(translate(error.message)) from None

    def written(self, value: Decimal) -> str:
        """Plain figures, as people type them."""
        return f"{value:.2f}"


class SingleEmail(TypedField):
    """Exactly one mail address that plain SMTP can carry (`text.clean_email`)."""

    widget = EmailInput()

    def __init__(
        self, label: Any = None, validators: Iterable[Callable[[Any, Any], None]] | None = None, **options: Any
    ) -> None:
        super().__init__(label, list(validators or ()), **options)
        self.flags.maxlength = EMAIL_LIMIT

    def parse(self, text: str) -> str:
        """The normalised address; lists, display names and line breaks are refused."""
        try:
            return clean_email(text)
        except TextError as error:
            raise ValueError(translate(error.message)) from None


class DateField(TypedField):
    """A calendar date of the installation's zone, as browsers send it: 2026-11-23."""

    widget = DateInput()

    def process_data(self, value: Any) -> None:
        """Take a date, or the text of one, as a form has it that was kept while its writer was away."""
        if isinstance(value, str):
            self.typed, value = value, parse_day(value.strip())
        super().process_data(value)

    def parse(self, text: str) -> date:
        """Read an ISO date."""
        day = parse_day(text.strip())
        if day is None:
            raise ValueError(str(gettext("Enter a date as year-month-day, for example 2026-11-23.")))
        return day


def parse_day(text: str) -> date | None:
    """The date that a browser's date input sends; None for anything else.

    Its year is one whose days are instants in every zone and database.
    """
    try:
        day = date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None
    return day if day is not None and day.year in _YEARS else None
