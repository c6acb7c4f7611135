"""Journeys run against the whole application with a mail server that really takes mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from backoffice.config import Settings
from backoffice.delivery import catcher
from backoffice.delivery.rules import maildir
from tests.journeys.stage import Stage, free_port
from tests.support.apps import test_settings
from tests.support.people import Cast


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of an installation whose mail goes to the server of `post`."""
    return test_settings(tmp_path / "instance", database_url, mail_port=free_port())


@pytest.fixture
def post(settings: Settings) -> Iterator[Path]:
    """A mail server that takes every mail into the folder given."""
    folder = maildir(settings.instance_path)
    server = catcher.start(folder, settings.mail_port)
    yield folder
    server.stop()


@pytest.fixture
def stage(app: Flask, cast: Cast, post: Path) -> Stage:
    """The installation, everybody in it, both customers with money and a header."""
    return Stage(app, cast).open_houses()
