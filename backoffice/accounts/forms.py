"""What people type about themselves and, as administrators, about others."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, SelectField

from backoffice.accounts.rules import MAX_PASSWORD
from backoffice.permissions import Role
from backoffice.web.forms import CleanString, Form, Required, SingleEmail, choices
from backoffice.web.kept_forms import KeptForm

_ROLES = (
    (Role.CUSTOMER.value, _l("Customer")),
    (Role.REVIEWER.value, _l("Reviewer")),
    (Role.MANAGER.value, _l("Manager")),
    (Role.AUDITOR.value, _l("Auditor")),
    (Role.ADMINISTRATOR.value, _l("Administrator")),
)
# Names of languages are written in the language itself, so that whoever needs one finds it.
_LOCALES = (("en", "English"), ("zh", "中文"))
_THEMES = (("auto", _l("As the device")), ("light", _l("Light")), ("dark", _l("Dark")))

_CURRENT = {"autocomplete": "current-password"}
_NEW = {"autocomplete": "new-password", "maxlength": MAX_PASSWORD}


class SignInForm(Form):
    """The sign-in page. The address is not validated: a wrong one is as wrong as an unknown one."""

    email = CleanString(
        _l("Email"), [Required()], max_length=254, render_kw={"type": "email", "autocomplete": "username"}
    )
    password = PasswordField(_l("Password"), [Required()], render_kw=_CURRENT)
    next = HiddenField()


class PasswordForm(Form):
    """Change one's own password."""

    old = PasswordField(_l("Present password"), [Required()], render_kw=_CURRENT)
    new = PasswordField(_l("New password"), [Required()], render_kw=_NEW)


class SettingsForm(Form):
    """Language, look and keys of the person."""

    locale = SelectField(_l("Language"), choices=choices(_LOCALES))
    theme = SelectField(_l("Theme"), choices=choices(_THEMES))


class MailsForm(Form):
    """Which mails somebody wants that come by themselves."""

    weekly_report = BooleanField(_l("Weekly report of the service level"))


class UserForm(Form):
    """Let somebody in."""

    email = SingleEmail(_l("Email"), [Required()], render_kw={"autocomplete": "off"})
    name = CleanString(_l("Name"), [Required()], max_length=120, render_kw={"autocomplete": "off"})
    role = SelectField(_l("Role"), [Required()], choices=choices(_ROLES))
    account_id = SelectField(_l("Customer account"), choices=[])
    locale = SelectField(_l("Language"), [Required()], choices=choices(_LOCALES))
    password = PasswordField(_l("First password"), [Required()], render_kw=_NEW)


class AccountForm(KeptForm):
    """Open a customer account."""

    code = CleanString(_l("Code"), [Required()], max_length=32, render_kw={"autocomplete": "off"})
    name = CleanString(_l("Name"), [Required()], max_length=120, render_kw={"autocomplete": "off"})


class ResetForm(Form):
    """Set another person's password."""

    new = PasswordField(_l("New password"), [Required()], render_kw=_NEW)
