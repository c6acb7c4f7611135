"""The side navigation: capabilities register their rooms and counts, the layout shows what the person may enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from flask import Flask, current_app, request

from backoffice.permissions import Permission
from backoffice.web.addresses import url_for
from backoffice.web.formatting import page_locale

_EXTENSION = "backoffice.navigation"
_COUNT_LIMIT = 1000


class NavigationUser(Protocol):
    """Whoever the navigation is drawn for."""

    def can(self, permission: Permission) -> bool:
        """Whether the person holds `permission`."""
        ...


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry: where it leads, who sees it and, if it has one, the number beside it.

    `count` is asked once per page, so it must be cheap (cached or capped); None and 0 show nothing. `args` are the
    URL's arguments where several entries share an endpoint. Entries are sorted by `order` inside their `group`.
    """

    endpoint: str
    label: Any  # a lazy string, resolved in the reader's language
    icon: str
    permission: Permission
    count: Callable[[], int | None] | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    group: Any = ""
    order: int = 100


class NavLink(NamedTuple):
    """An entry ready to draw, which pieces are looked up by. `current` is the value of aria-current, or None."""

    url: str
    label: str
    icon: str
    current: str | None
    count: str | None  # type: ignore[assignment]  # hides a method of tuples


class NavGroup(NamedTuple):
    """Entries under one heading; the first group usually has none."""

    label: str
    links: tuple[NavLink, ...]


class Navigation:
    """The entries of one application."""

    def __init__(self) -> None:
        self._items: list[NavItem] = []
        self._own: list[tuple[Permission, Callable[[], NavGroup | None]]] = []
        # By language, root and entries: as many as there are roles in each language.
        self._plain: dict[tuple[Any, ...], list[tuple[str, NavLink]]] = {}

    def register(self, *items: NavItem) -> None:
        """Add entries; called once per blueprint when the application is built."""
        self._items.extend(items)

    def register_own(self, permission: Permission, group: Callable[[], NavGroup | None]) -> None:
        """Add a group that each person has of their own, asked for once per page."""
        self._own.append((permission, group))

    def own_of(self, user: NavigationUser) -> list[NavGroup]:
        """The groups that are the person's own, without those that are empty."""
        groups = (group() for permission, group in self._own if user.can(permission))
        return [group for group in groups if group is not None]

    def items_for(self, user: NavigationUser) -> list[NavItem]:
        """The entries `user` may enter, in order."""
        return sorted((item for item in self._items if user.can(item.permission)), key=lambda item: item.order)

    def plain_links(self, items: Sequence[NavItem]) -> list[tuple[str, NavLink]]:
        """The entries' groups and links in the reader's language, without what differs from page to page."""
        key = (page_locale(), request.script_root, *map(id, items))
        if key not in self._plain:
            self._plain[key] = [
                (str(one.group), NavLink(url_for(one.endpoint, **one.args), str(one.label), one.icon, None, None))
                for one in items
            ]
        return self._plain[key]


def init_navigation(app: Flask) -> None:
    """Give `app` an empty registry and the templates `navigation_items(user)`."""
    app.extensions[_EXTENSION] = Navigation()
    app.jinja_env.globals["navigation_items"] = groups_for


def register(app: Flask, *items: NavItem) -> None:
    """Add entries to the navigation of `app`."""
    registry: Navigation = app.extensions[_EXTENSION]
    registry.register(*items)


def register_own(app: Flask, permission: Permission, group: Callable[[], NavGroup | None]) -> None:
    """Add a group of each person's own entries to the navigation of `app`."""
    registry: Navigation = app.extensions[_EXTENSION]
    registry.register_own(permission, group)


def items_for(user: NavigationUser) -> list[NavItem]:
    """The entries `user` may enter in the current application, in order."""
    registry: Navigation = current_app.extensions[_EXTENSION]
    return registry.items_for(user)


def groups_for(user: NavigationUser) -> tuple[NavGroup, ...]:
    """The current application's navigation for `user`, with URLs, counts and the current entry marked."""
    registry: Navigation = current_app.extensions[_EXTENSION]
    items = registry.items_for(user)
    here = _current(items)
    groups: dict[str, list[NavLink]] = {}
    for item, (group, plain) in zip(items, registry.plain_links(items), strict=True):
        current = here[1] if here and here[0] is item else None
        count = capped(item.count()) if item.count else None
        groups.setdefault(group, []).append(plain._replace(current=current, count=count) if current or count else plain)
    return (*(NavGroup(label, tuple(links)) for label, links in groups.items()), *registry.own_of(user))


def capped(count: int | None) -> str | None:
    """The number beside an entry; nothing for none."""
    if not count:
        return None
    return f"{count:,}" if count < _COUNT_LIMIT else f"{_COUNT_LIMIT:,}+"


def _current(items: list[NavItem]) -> tuple[NavItem, str] | None:
    """The entry that is this page, else the nearest one it lies under, else the first one of this page's blueprint.

    Of several entries for one endpoint the one whose arguments say most wins: "Issued" before the bare queue.
    """
    given = {**request.args.to_dict(), **(request.view_args or {})}
    exact = [i for i in items if i.endpoint == request.endpoint and all(given.get(k) == v for k, v in i.args.items())]
    if exact:
        return max(exact, key=lambda item: len(item.args)), "page"
    section = [item for item in items if request.blueprint and item.endpoint.startswith(f"{request.blueprint}.")]
    # What is sent to an entry's own address has another endpoint, and is its page all the same.
    under = [item for item in section if f"{request.path}/".startswith(f"{url_for(item.endpoint, **item.args)}/")]
    if under:
        return max(under, key=lambda item: len(url_for(item.endpoint, **item.args))), "true"
    return (section[0], "true") if section else None
