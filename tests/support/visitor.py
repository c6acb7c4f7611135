"""A browser without JavaScript: keeps cookies, reads the forms of a page, sends them back with their hidden fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from lxml import etree
from werkzeug.test import TestResponse

from tests.support.people import Person


class Visitor:
    """Somebody at a plain browser. `page` is the last response, `path` where it came from."""

    def __init__(self, app: Flask, client: FlaskClient | None = None) -> None:
        self.client = client or app.test_client()
        self.page: TestResponse
        self.path = "/"

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open an address of this site."""
        return self._arrive(self.client.get(path, **options))

    def submit(
        self, fields: dict[str, Any] | None = None, *, button: str | None = None, **options: Any
    ) -> TestResponse:
        """Fill the form of the present page and send it; `button` names one of its submit buttons by value or text.

        Of several forms the one is taken that has all of `fields` and the button. Fails when the page has no such form:
        a person could not have sent it either.
        """
        fields = fields or {}
        forms = [form for form in self.forms() if form.fits(fields, button)]
        if not forms:
            raise AssertionError(f"{self.path} has no form with {sorted(fields)} and button {button!r}")
        form = forms[0]
        target, data = urljoin(self.path, form.target(button) or self.path), form.filled(fields, button)
        if form.method == "get":
            return self.get(target, query_string=data, **options)
        self._arrive(self.client.post(target, data=data, **options))
        while self.page.status_code == 307:  # browsers send the same once more, without asking
            self._arrive(self.client.post(self.page.headers["Location"], data=data, **options))
        return self.page

    def follow(self) -> TestResponse:
        """Go where the last response leads, until it leads nowhere."""
        for _ in range(10):
            if not 300 <= self.page.status_code < 400:
                return self.page
            self.get(self.page.headers["Location"])
        raise AssertionError(f"{self.path} leads in circles")

    def sign_in(self, person: Person | str, password: str = "invoice-demo-2026") -> TestResponse:
        """Sign in as the page does, which is not drawn for it; the response is the redirect to the person's home."""
        email, password = (person.email, person.password) if isinstance(person, Person) else (person, password)
        with self.client.session_transaction() as cookie:
            secret = cookie.setdefault("csrf_token", "of a page that was not drawn")
        token = URLSafeTimedSerializer(self.client.application.secret_key, salt="wtf-csrf-token").dumps(secret)
        response = self._arrive(
            self.client.post("/login", data={"csrf_token": token, "email": email, "password": password})
        )
        assert response.status_code in (302, 303), f"{email} was not let in: {response.status_code}"
        return response

    def forms(self) -> list[Form]:
        """The forms of the present page."""
        parser = etree.HTMLParser(target=_FormReader(), huge_tree=True)
        parser.feed(self.page.text)
        forms: list[Form] = parser.close()
        return forms

    def _arrive(self, response: TestResponse) -> TestResponse:
        self.page = response
        self.path = urlsplit(response.request.url)._replace(scheme="", netloc="").geturl()
        return response


def as_read(text: str) -> str:
    """What a browser sends back where a page holds `text`: CR LF for each line end, a mark for the character NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").replace("\0", "\ufffd")


class Form:
    """One form of a page: where it goes, what it holds."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method
        self.names: set[str] = set()
        self.values: list[tuple[str, str]] = []
        self.buttons: list[Button] = []  # in the order of the page: the first is the one that Enter presses

    def fits(self, fields: Iterable[str], button: str | None) -> bool:
        """Whether a person could fill `fields` here and press `button`."""
        return set(fields) <= self.names and (button is None or self._button(button) is not None)

    def filled(self, fields: dict[str, Any], button: str | None) -> dict[str, Any]:
        """What a browser would send: what the page holds, over it `fields`, and the button pressed."""
        data: dict[str, Any] = {}
        for name, value in self.values:
            data.setdefault(name, []).append(value)
        data.update(fields)
        pressed = self._button(button) if button else next(iter(self.buttons), None)
        if pressed and pressed.name:
            data[pressed.name] = pressed.value
        return data

    def target(self, button: str | None) -> str:
        """Where it goes with that button, or else with its first one."""
        pressed = self._button(button) if button else next(iter(self.buttons), None)
        return pressed.target or self.action if pressed else self.action

    def _button(self, wanted: str) -> Button | None:
        return next((one for one in self.buttons if wanted in (one.value, one.text)), None)


@dataclass
class Button:
    """A submit button; `target` is where it leads when that is elsewhere than its form."""

    name: str
    value: str
    target: str = ""
    text: str = ""


class _FormReader:
    """Collects forms. Of the controls that stand outside of their form (`form="id"`) our pages have buttons, and texts
    behind it."""

    def __init__(self) -> None:
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._strays: dict[str, list[Button]] = {}  # of forms that come later in the page
        self._form: Form | None = None
        self._owner = Form("", "get")  # of the text that is being read
        self._pressed: Button | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._text = ""
        self._is_key = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A tag begins."""
        given = dict(attributes)
        self._is_key = tag == "kbd"  # a hint beside a button's words
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
            self._by_id[given.get("id", "")] = self._form
            self._form.buttons += self._strays.pop(given.get("id", ""), [])
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._submit_button(given)
        elif self._form is None:
            return
        elif tag == "input":
            self._input(self._form, given)
        elif tag == "textarea":
            self._area, self._text = given.get("name", ""), ""
            self._owner = self._by_id[given["form"]] if "form" in given else self._form
            self._owner.names.add(self._area)
        elif tag == "select":
            self._select = given.get("name", "")
            self._form.names.add(self._select)
        elif tag == "option" and self._select is not None and "selected" in given:
            self._form.values.append((self._select, given.get("value", "")))

    def _submit_button(self, given: dict[str, str]) -> None:
        self._text = ""
        self._pressed = Button(given.get("name", ""), given.get("value", ""), given.get("formaction", ""))
        owner = self._by_id.get(given["form"]) if "form" in given else self._form
        if owner is not None:
            owner.buttons.append(self._pressed)
        elif "form" in given:
            self._strays.setdefault(given["form"], []).append(self._pressed)

    def _input(self, form: Form, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if kind == "submit":
            form.buttons.append(Button(name, given.get("value", ""), text=given.get("value", "")))
        elif name and "disabled" not in given:
            form.names.add(name)
            if kind in ("radio", "checkbox") and "checked" not in given:
                return
            if kind not in ("file", "button"):
                value = given.get("value", "on" if kind in ("radio", "checkbox") else "")
                form.values.append((name, as_read(value)))

    def data(self, data: str) -> None:
        """Text comes, in pieces."""
        if not self._is_key:
            self._text += data

    def end(self, tag: str) -> None:
        """A tag ends."""
        self._is_key = False
        if tag == "button" and self._pressed is not None:
            self._pressed.text, self._pressed = " ".join(self._text.split()), None
        if self._form is None:
            return
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._area is not None:
            self._owner.values.append((self._area, as_read(self._text.removeprefix("\n"))))
            self._area = None
        elif tag == "select":
            self._select = None

    def close(self) -> list[Form]:
        """The page is over: what it held."""
        return self.forms
