"""The whole command: the root with everything that hangs on it, and the entry point of the console script."""

from __future__ import annotations

from backoffice.cli import audit, books, desk, installation, policies, work
from backoffice.cli.root import cli

__all__ = ["audit", "books", "cli", "desk", "installation", "main", "policies", "work"]


def main() -> None:
    """Entry point of the console script."""
    from flask.cli import ScriptInfo

    from backoffice import create_app

    cli.main(obj=ScriptInfo(create_app=create_app, set_debug_flag=False))
