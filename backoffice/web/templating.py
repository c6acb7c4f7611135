"""How the templates find their globals."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment as FlaskEnvironment


class Environment(FlaskEnvironment):
    """Flask's environment, with the globals of a template in one dictionary.

    Jinja chains two, and compares all their names in Python for each `{% from ... import ... %}` of each page: with a
    dozen of them that is a tenth of a page. So a global has to be there before the first template is loaded.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of the application, overlaid with the template's own."""
        return {**self.globals, **(d or {})}
