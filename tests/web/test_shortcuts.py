"""The list of keys: everybody is offered their own, no key means two things to one person."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask

from backoffice.permissions import Permission, Role, allowed
from backoffice.web import shortcuts


@pytest.mark.parametrize("role", list(Role))
def test_no_key_means_two_things_to_one_person(app: Flask, role: Role) -> None:
    def can(permission: Permission) -> bool:
        return allowed(role, permission)

    user = SimpleNamespace(can=can)
    keys = [one.key for one in shortcuts.SHORTCUTS if one.is_for(user)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("key", "caps", "aria"),
    [("a", ["A"], "A"), ("Control+k", ["Ctrl+K"], "Control+K"), ("4", ["4"], "4"), ("?", ["?"], "?")],
)
def test_a_control_says_its_key(app: Flask, key: str, caps: list[str], aria: str) -> None:
    with app.test_request_context():
        assert shortcuts.key_caps(key) == caps
        attrs = shortcuts.key_attrs(key)
        assert (attrs["data-key"], attrs["aria-keyshortcuts"]) == (key, aria)
        assert attrs["title"].endswith(f"({caps[0]})")


def test_a_key_that_is_not_in_the_list_is_noticed(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(KeyError):
        shortcuts.key_attrs("q")
