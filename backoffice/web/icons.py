"""Icons of the `lucide` package, inlined as SVG so that a page needs no other request and no inline style."""

from functools import lru_cache

from flask import Flask
from lucide.jinja import lucide
from markupsafe import Markup

_KNOWN_ICONS_AND_SIZES = 512
# How every icon is drawn stands once in base.css (.icon), not in each of the dozens of a page.
_DRAWN = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '


@lru_cache(maxsize=_KNOWN_ICONS_AND_SIZES)
def icon(name: str, size: int = 16, label: str | None = None) -> Markup:
    """Return the icon as inline SVG; decorative unless `label` says what it means.

    Raises `lucide.IconDoesNotExist` for an unknown name, so a misspelt icon fails in the first test that renders it.
    """
    meaning = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    svg = " ".join(lucide(name, size=size, **{"class": "icon"}, **meaning).split())
    return Markup(svg.replace("> <", "><").replace(_DRAWN, ""))  # noqa: S704  # nosec: the package's SVG, label escaped by it


def init_icons(app: Flask) -> None:
    """Make `icon()` a global of all templates."""
    app.jinja_env.globals["icon"] = icon
