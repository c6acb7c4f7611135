"""The layouts, the components page and the error pages as a browser receives them."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from backoffice.permissions import Permission, Role
from backoffice.web.navigation import groups_for, items_for

ERRORS = (400, 403, 404, 405, 409, 413, 429, 500, 503)


class Page(HTMLParser):
    """Elements as (tag, attributes), in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def having(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def shown(client: FlaskClient) -> Page:
    response = client.get("/dev/components")
    assert response.status_code == 200
    return Page(response.text)


def test_ids_are_unique_and_every_reference_has_its_target(shown: Page) -> None:
    ids = shown.having("id")
    assert len(ids) == len(set(ids))
    for attribute in ("for", "aria-describedby", "aria-labelledby", "popovertarget", "data-dialog", "data-fill"):
        for value in shown.having(attribute):
            assert set(value.split()) <= set(ids), (attribute, value)
    anchors = [link["href"][1:] for link in shown.of("a") if link.get("href", "").startswith("#")]
    assert set(anchors) <= set(ids)


def test_every_control_has_a_name(shown: Page) -> None:
    labelled = set(shown.having("for"))
    for tag in ("input", "select", "textarea"):
        for control in shown.of(tag):
            if control.get("type") == "hidden" or (control.get("type") == "checkbox" and control["name"] == "status"):
                continue  # the status toggles stand inside their labels
            assert control.get("id") in labelled or control.get("aria-label"), control


def test_wrong_fields_point_at_their_errors(shown: Page) -> None:
    wrong = [a for _, a in shown.elements if a.get("aria-invalid") == "true" and a.get("type") != "radio"]
    assert {control["id"] for control in wrong} == {"refused-header", "refused-email"}
    assert all(f"{control['id']}-error" in control["aria-describedby"].split() for control in wrong)


def test_every_post_form_carries_its_token(shown: Page) -> None:
    posts = [form for form in shown.of("form") if form.get("method") == "post"]
    tokens = [field for field in shown.of("input") if field.get("name") == "csrf_token"]
    assert len(posts) == len(tokens) > 5


def test_a_form_that_is_wrong_comes_back_with_what_was_typed(client: FlaskClient, interface: Flask) -> None:
    interface.config["WTF_CSRF_ENABLED"] = False
    response = client.post("/dev/components", data={"amount": '1,5"><script>x</script>', "email": "no address"})
    assert response.status_code == 200
    assert "1,5&#34;&gt;&lt;script&gt;" in response.text
    assert "<script>x" not in response.text
    assert "Not an email address." in response.text
    assert "data-focus" in response.text


def test_a_form_that_is_right_is_confirmed_in_the_live_region(client: FlaskClient, interface: Flask) -> None:
    interface.config["WTF_CSRF_ENABLED"] = False
    data = {"header": "1", "kind": "personal", "amount": "5", "email": "ada@lumen.example"}
    after = client.post("/dev/components", data=data).text.split('id="toasts"')[1]
    assert "toast-good" in after
    assert "Your request was submitted." in after


def test_nonsense_in_the_filters_is_said_on_the_page(client: FlaskClient) -> None:
    html = client.get("/dev/components?from=never&to=2026-01-01").text
    assert 'value="never"' in html
    assert 'id="filter-date-error"' in html


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', "auto"), (None, "auto")]
)
def test_the_theme_is_the_servers_word(client: FlaskClient, cookie: str | None, theme: str) -> None:
    if cookie:
        client.set_cookie("theme", cookie)
    html = client.get("/dev/components").text
    assert f'<html lang="en" data-theme="{theme}">' in html
    assert re.search(rf'value="{theme}" aria-pressed="true"', html)


@pytest.mark.parametrize("code", ERRORS)
def test_error_pages_say_what_happened_and_where_to_go(interface: Flask, code: int) -> None:
    with interface.test_request_context("/somewhere"):
        bare = render_template(f"errors/{code}.html")
        full = render_template(f"errors/{code}.html", message="The <reason>", request_id="r-1")
    assert str(code) in bare
    assert Page(bare).of("h1")
    assert 'href="/"' in bare
    assert "The &lt;reason&gt;" in full
    assert "r-1" in full


class _Person:
    def __init__(self, role: Role) -> None:
        self.role = role

    def can(self, permission: Permission) -> bool:
        return permission is Permission.SEE_QUEUE or self.role is Role.AUDITOR


def test_navigation_shows_what_the_person_may_enter(interface: Flask) -> None:
    with interface.test_request_context("/dev/components?view=mine"):
        assert [item.label for item in items_for(_Person(Role.REVIEWER))] == ["Queue", "Mine"]
        everyone, watch = groups_for(_Person(Role.AUDITOR))
    assert [(link.label, link.count, link.current) for link in everyone.links] == [
        ("Queue", "14", None),
        ("Mine", None, "page"),
    ]
    assert (watch.label, watch.links[0].count) == ("Watch", "1,000+")


def test_a_page_below_a_room_marks_the_room(interface: Flask) -> None:
    with interface.test_request_context("/sign-out", method="POST"):
        groups = groups_for(_Person(Role.AUDITOR))
    assert [link.current for group in groups for link in group.links] == [None, None, "true"]
