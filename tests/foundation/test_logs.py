"""Logs hold no personal data, from our code or from a library's."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from backoffice import logs
from tests.support.apps import test_settings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Applications outlive a test: one that was configured before is not configured again, and has to go on logging."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


@pytest.fixture
def lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    logs.configure(test_settings(tmp_path, ""))
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_what_is_personal_is_hidden_at_every_depth(lines) -> None:  # type: ignore[no-untyped-def]
    structlog.get_logger("test").info(
        "sent", recipient="x", message=7, reason="to Ada <ada@lumen.example> refused",
        answer={"email": "y", "lines": ["550 bo+a@yunqi.example unknown"]},
    )  # fmt: skip
    (line,) = lines()
    assert line["recipient"] == logs.HIDDEN
    assert line["message"] == 7
    assert line["reason"] == f"to Ada <{logs.HIDDEN}> refused"
    assert line["answer"] == {"email": logs.HIDDEN, "lines": [f"550 {logs.HIDDEN} unknown"]}


def test_a_librarys_line_is_searched_after_its_values_are_in_it(lines) -> None:  # type: ignore[no-untyped-def]
    logging.getLogger("some.library").warning("cannot reach %s", "ada@lumen.example")
    (line,) = lines()
    assert (line["event"], line["level"]) == (f"cannot reach {logs.HIDDEN}", "warning")


def test_a_traceback_is_kept_but_its_addresses_are_not(lines) -> None:  # type: ignore[no-untyped-def]
    try:
        raise ValueError("no such person: ada@lumen.example")
    except ValueError:
        structlog.get_logger("test").exception("failed")
    (line,) = lines()
    assert "ValueError: no such person" in line["exception"]
    assert "ada@" not in line["exception"]


def test_configuring_again_does_not_double_lines(lines, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    logs.configure(test_settings(tmp_path, ""))
    structlog.get_logger("test").info("once")
    assert [line["event"] for line in lines()] == ["once"]


def test_lines_below_the_level_are_dropped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(test_settings(tmp_path, "", log_level="WARNING"))
    structlog.get_logger("test").info("quiet")
    assert capsys.readouterr().err == ""
