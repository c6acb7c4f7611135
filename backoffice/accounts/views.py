"""Sign in, sign out, own settings; and for the administrator the people and customer accounts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from backoffice import clock
from backoffice.accounts import queries, services, sign_in
from backoffice.accounts.forms import (
    AccountForm,
    MailsForm,
    PasswordForm,
    ResetForm,
    SettingsForm,
    SignInForm,
    UserForm,
)
from backoffice.accounts.models import Account, User
from backoffice.accounts.rules import browser_name
from backoffice.database import session, transaction
from backoffice.errors import N_, Invalid
from backoffice.permissions import Permission, Role
from backoffice.web import asides, kept_forms, locale, offers
from backoffice.web.forms import apply_errors, choices
from backoffice.web.guards import PUBLIC, SIGNED_IN, current_actor, guard, may_enter, safe_target
from backoffice.web.interface import THEME_COOKIE
from backoffice.web.navigation import NavItem, register
from backoffice.web.paging import PageRequest, paginate
from backoffice.web.shortcuts import sheet_for

blueprint = Blueprint("accounts", __name__)

# Where each role's day begins; by address, because these rooms belong to later capabilities.
_HOMES = {
    Role.CUSTOMER: "portal.invoices",
    Role.REVIEWER: "review.queue",
    Role.MANAGER: "sla.dashboard",
    Role.AUDITOR: "review.queue",
    Role.ADMINISTRATOR: "accounts.administration",
}


def init(app: Flask) -> None:
    """Add the administrator's room to the navigation of `app`."""
    register(
        app,
        NavItem("accounts.administration", _l("People"), "users", Permission.ADMINISTER, order=10),
        NavItem("accounts.customer_accounts", _l("Customer accounts"), "building-2", Permission.ADMINISTER, order=20),
    )


@blueprint.get("/")
@guard(SIGNED_IN)
def home() -> ResponseReturnValue:
    """Lead everybody to where their work is."""
    return redirect(url_for(_HOMES[current_user.role]))


@blueprint.route("/login", methods=["GET", "POST"])
@guard(PUBLIC)
def login() -> ResponseReturnValue:
    """The sign-in page; whoever is signed in already goes on."""
    target = safe_target(request.values.get("next")) or url_for("accounts.home")
    if current_user.is_authenticated:
        return redirect(_enterable(target, current_user))
    form = SignInForm()
    status, headers = 200, {}
    if form.validate_on_submit():
        try:
            return _welcome(sign_in.sign_in(form.email.data or "", form.password.data or ""), target)
        except services.TooManyAttempts as error:
            apply_errors(form, error)
            status, headers = 429, {"Retry-After": str(error.retry_seconds)}
        except Invalid as error:
            apply_errors(form, error)
            status = 400
    elif form.is_submitted():
        status = 400
    form.next.data = safe_target(request.values.get("next")) or ""
    return render_template("accounts/login.html", form=form), status, headers


def _welcome(user: queries.SignedIn, target: str) -> ResponseReturnValue:
    """Send somebody who just signed in on; a device without a choice of its own takes the person's look."""
    response = make_response(redirect(_enterable(target, user)))
    kept = request.cookies
    locale.remember(
        response,
        locale=None if locale.LOCALE_COOKIE in kept else user.locale,
        theme=None if THEME_COOKIE in kept else user.theme,
    )
    return response


def _enterable(target: str, user: queries.SignedIn) -> str:
    """Where somebody wanted to go, or their own home when that is no page of their role's."""
    if may_enter(target, user.can):
        return target
    flash(gettext("You wanted to open a page that is not for your role. This is your own start page."), "info")
    return url_for("accounts.home")


@blueprint.post("/logout")
@guard(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End this session. Open to everybody, so that a second click after the first is no error."""
    if current_user.is_authenticated:
        sign_in.sign_out()
    return redirect(url_for("accounts.login"))


@blueprint.post("/preferences")
@guard(PUBLIC)
def set_preferences() -> ResponseReturnValue:
    """A choice of its own small form, kept with the person; language and theme also on the device, for anybody."""
    wanted = {name: request.form.get(name) for name in ("locale", "theme")}
    if current_user.is_authenticated:
        working = {name: request.form.get(name) for name in ("single_keys", "after_verdict")}
        with transaction():
            services.set_preferences(current_user.id, **wanted, **working)
    response = make_response(redirect(safe_target(request.values.get("next")) or url_for("accounts.home")))
    locale.remember(response, **wanted)
    return response


@blueprint.get("/shortcuts")
@guard(SIGNED_IN)
def shortcuts() -> ResponseReturnValue:
    """The keys of whoever asks: the help sheet, for browsers that do not open it in a dialog."""
    decides = current_user.can(Permission.DECIDE)
    return render_template("accounts/shortcuts.html", groups=sheet_for(current_user), decides=decides)


@blueprint.get("/settings")
@guard(SIGNED_IN)
def settings() -> ResponseReturnValue:
    """One's own language, theme, keys, password and sessions."""
    return _settings_page()


@blueprint.post("/settings")
@guard(SIGNED_IN)
def save_settings() -> ResponseReturnValue:
    """Keep language and theme."""
    form = SettingsForm()
    if not form.validate():
        return _settings_page(settings_form=form), 400
    wanted = {"locale": form.locale.data, "theme": form.theme.data}
    with transaction():
        services.set_preferences(current_user.id, **wanted)
    response = make_response(redirect(url_for("accounts.settings")))
    locale.remember(response, **wanted)
    flash(_in_language(form.locale.data), "success")
    return response


def _in_language(language: str) -> str:
    """The confirmation in the language just chosen, in which the next page will be."""
    with force_locale(language):
        return str(gettext("Your settings are saved."))


@blueprint.post("/settings/mails")
@guard(Permission.GET_WEEKLY_REPORT)
def save_mails() -> ResponseReturnValue:
    """Which mails come by themselves."""
    form = MailsForm()
    if not form.validate():
        return _settings_page(mails_form=form), 400
    with transaction():
        services.choose_mails(current_actor(), weekly_report=form.weekly_report.data, now=clock.now())
    flash(gettext("Your settings are saved."), "success")
    offers.done(N_("The last thing you did was to choose your mails. Choose again in your settings."))
    return redirect(url_for("accounts.settings"))


@blueprint.post("/settings/password")
@guard(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change one's own password; all other sessions end."""
    form = PasswordForm()
    if not form.validate():
        return _settings_page(password_form=form), 400
    try:
        attempt = sign_in.prove(current_user.email, form.old.data)
    except services.TooManyAttempts as error:
        apply_errors(form, error)
        return _settings_page(password_form=form), 429, {"Retry-After": str(error.retry_seconds)}
    except Invalid:
        form.old.errors = [gettext("This is not your present password.")]
        return _settings_page(password_form=form), 400
    try:
        with transaction():
            services.change_password(
                current_actor(), attempt, form.new.data, keep_sid=current_user.sid, now=clock.now()
            )
    except Invalid as error:
        apply_errors(form, error)
        return _settings_page(password_form=form), 400
    flash(gettext("Your password is changed. You are signed out on all other devices."), "success")
    offers.done(N_("The last thing you did was to change your password. Change it again in your settings."))
    return redirect(url_for("accounts.settings"))


@blueprint.post("/settings/sign-out-everywhere")
@guard(SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """End all one's sessions but this one."""
    with transaction():
        services.sign_out_everywhere(current_actor(), current_user.id, except_sid=current_user.sid, now=clock.now())
    flash(gettext("You are signed out on all other devices."), "success")
    offers.done(N_("The last thing you did was to sign out elsewhere. It cannot be undone."))
    return redirect(url_for("accounts.settings"))


def _settings_page(
    settings_form: SettingsForm | None = None,
    password_form: PasswordForm | None = None,
    mails_form: MailsForm | None = None,
) -> str:
    if settings_form is None:
        settings_form = SettingsForm(formdata=None, locale=current_user.locale, theme=current_user.theme)
    if mails_form is None and current_user.can(Permission.GET_WEEKLY_REPORT):
        mails_form = MailsForm(formdata=None, weekly_report=queries.user(current_user.id).weekly_report)
    return render_template(
        "accounts/settings.html",
        settings_form=settings_form,
        mails_form=mails_form,
        password_form=password_form or PasswordForm(formdata=None),
        browser_name=browser_name,
        decides=current_user.can(Permission.DECIDE),
        sessions=queries.sessions_of(current_user.id, now=clock.now(), limits=sign_in.limits()),
    )


@blueprint.get("/admin")
@guard(Permission.ADMINISTER)
def administration() -> ResponseReturnValue:
    """Everybody who may sign in."""
    page = paginate(session, queries.all_users(), [(User.email, "asc"), (User.id, "asc")], PageRequest.of(request.args))
    return render_template("accounts/administration.html", page=page, links=page.links(request.path))


@blueprint.route("/admin/users/new", methods=["GET", "POST"])
@guard(Permission.ADMINISTER)
def new_user() -> ResponseReturnValue:
    """Let somebody in."""
    form = UserForm()
    form.account_id.choices = _account_choices()
    if not form.validate_on_submit():
        return render_template("accounts/new_user.html", form=form), 400 if form.is_submitted() else 200
    try:
        with transaction():
            user = services.create_user(
                current_actor(),
                email=form.email.data or "",
                name=form.name.data or "",
                role=Role(form.role.data),
                account_id=int(form.account_id.data) if form.account_id.data else None,
                password=form.password.data or "",
                locale=form.locale.data,
                now=clock.now(),
            )
            user_id = user.id
    except Invalid as error:
        apply_errors(form, error)
        return render_template("accounts/new_user.html", form=form), 400
    flash(gettext("%(name)s can sign in now.", name=form.name.data or ""), "success")
    return redirect(url_for("accounts.show_user", user_id=user_id))


def _account_choices() -> list[Any]:
    named = [(str(each.id), f"{each.code} – {each.name}") for each in queries.account_names()]
    return choices([("", gettext("None")), *named])


@blueprint.get("/admin/users/<int:user_id>")
@guard(Permission.ADMINISTER)
def show_user(user_id: int) -> ResponseReturnValue:
    """One person, and what the administrator can do about them."""
    return render_template("accounts/user.html", user=queries.user(user_id), form=ResetForm(formdata=None))


@blueprint.post("/admin/users/<int:user_id>/password")
@guard(Permission.ADMINISTER)
def reset_password(user_id: int) -> ResponseReturnValue:
    """Set another person's password; their sessions end."""
    form = ResetForm()
    problem = not form.validate()
    if not problem:
        try:
            with transaction():
                services.reset_password(current_actor(), user_id, form.new.data, now=clock.now())
        except Invalid as error:
            apply_errors(form, error)
            problem = True
    if problem:
        return render_template("accounts/user.html", user=queries.user(user_id), form=form), 400
    flash(gettext("The new password is set and all their sessions are ended."), "success")
    return redirect(url_for("accounts.show_user", user_id=user_id))


@blueprint.post("/admin/users/<int:user_id>/deactivate")
@guard(Permission.ADMINISTER)
def deactivate_user(user_id: int) -> ResponseReturnValue:
    """Shut somebody out at once."""
    with transaction():
        services.deactivate_user(current_actor(), user_id, now=clock.now())
    flash(gettext("They can no longer sign in."), "success")
    return redirect(url_for("accounts.show_user", user_id=user_id))


@blueprint.post("/admin/users/<int:user_id>/reactivate")
@guard(Permission.ADMINISTER)
def reactivate_user(user_id: int) -> ResponseReturnValue:
    """Let them in again."""
    with transaction():
        services.reactivate_user(current_actor(), user_id, now=clock.now())
    flash(gettext("They can sign in again."), "success")
    return redirect(url_for("accounts.show_user", user_id=user_id))


@blueprint.get("/admin/accounts")
@guard(Permission.ADMINISTER)
def customer_accounts() -> ResponseReturnValue:
    """Every customer account."""
    order = [(Account.code, "asc"), (Account.id, "asc")]
    page = paginate(session, queries.all_accounts(), order, PageRequest.of(request.args))  # type: ignore[arg-type]
    return render_template("accounts/customer_accounts.html", page=page, links=page.links(request.path))


@blueprint.route("/admin/accounts/new", methods=["GET", "POST"])
@guard(Permission.ADMINISTER, rescue=kept_forms.keep_typed)
def new_account() -> Any:
    """Open a customer account."""
    if request.method != "POST":
        return render_template("accounts/new_account.html", form=kept_forms.begin(AccountForm, {}))
    form = AccountForm()
    if asides.is_asked():
        began = {"code": "", "name": ""}
        return kept_forms.step_aside(began, lambda: render_template("accounts/new_account.html", form=form))
    if not form.validate():
        return render_template("accounts/new_account.html", form=form), 400
    try:
        with transaction():
            services.create_account(
                current_actor(), code=form.code.data or "", name=form.name.data or "", now=clock.now()
            )
    except Invalid as error:
        apply_errors(form, error)
        return render_template("accounts/new_account.html", form=form), 400
    flash(gettext("The account %(name)s is open.", name=form.name.data or ""), "success")
    return kept_forms.done(redirect(url_for("accounts.customer_accounts")))
