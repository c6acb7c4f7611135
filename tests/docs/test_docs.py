"""What people read is true of the code: tables, commands, paths, words of the pages, sample files, links."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import pytest
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.exceptions import HTTPException

from backoffice import clock
from backoffice.calendars import services as calendars
from backoffice.cli.command import cli
from backoffice.config import Settings
from backoffice.database import session, transaction
from backoffice.ledger import jobs, rules
from backoffice.ledger.services import encodings, reading
from backoffice.ledger.services.deciding import Outcome
from backoffice.permissions import Permission, Role, allowed
from backoffice.requests.rules import TRANSITIONS
from tests.support.apps import test_settings, whole_app
from tests.support.people import Cast

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDES = sorted((DOCS / "guide").glob("*.md"))
# Read by make, the supervisor and the tests; not settings of the application.
OTHER_VARIABLES = {"BACKOFFICE_NEW_PASSWORD"}
AMOUNT = "amount: {}"


def pages() -> list[Path]:
    """All that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def named(path: Path) -> str:
    """A page's name in a report."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    """A page's text."""
    return path.read_text(encoding="utf-8")


def tables(path: Path) -> list[list[list[str]]]:
    """The tables of a page: rows of cells, head first, the line below the head left out."""
    found: list[list[list[str]]] = []
    inside = False
    for line in text_of(path).splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        if not inside:
            found.append([])
            inside = True
        if not re.fullmatch(r"[|\s:-]+", line):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def table(path: Path, first: str) -> list[list[str]]:
    """The rows below the head of the one table whose first head cell is `first`."""
    (rows,) = [rows for rows in tables(path) if rows[0][0] == first]
    return rows[1:]


def bare(cell: str) -> str:
    """A cell without its code marks."""
    return cell.replace("`", "")


def test_the_table_of_states_equals_the_code() -> None:
    told = {tuple(row) for row in table(DOCS / "reference" / "states.md", "in state")}
    true = {
        (state, action, line.who, line.to, line.money, "stops" if line.stops_clock else "runs")
        for (state, action), line in TRANSITIONS.items()
    }
    assert told == {tuple(str(cell) for cell in row) for row in true}


def shown(name: str, default: Any) -> str:
    """A default as the table of settings writes it."""
    if name == "instance_path":
        return "instance"
    plain = default.get_secret_value() if hasattr(default, "get_secret_value") else default
    if plain is None or plain in ("", []):
        return ""
    if isinstance(plain, bool):
        return str(plain).lower()
    return f"{plain:g}" if isinstance(plain, float) else str(plain)


def test_the_table_of_settings_equals_the_code() -> None:
    first, *_ = [rows for rows in tables(DOCS / "reference" / "settings.md") if rows[0][0] == "variable"]
    told = [[bare(row[0]), bare(row[1]), row[2]] for row in first[1:]]
    assert told == [
        [f"BACKOFFICE_{name.upper()}", shown(name, field.get_default()), field.description]
        for name, field in Settings.model_fields.items()
    ]


def test_every_variable_that_is_named_exists() -> None:
    known = {f"BACKOFFICE_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    unknown = {
        (named(page), name) for page in pages() for name in re.findall(r"\bBACKOFFICE_[A-Z_]+\b", text_of(page))
        if name not in known
    }  # fmt: skip
    assert unknown == set()


def test_the_table_of_permissions_equals_the_code() -> None:
    (rows,) = [rows for rows in tables(DOCS / "security.md") if rows[0][0] == "permission"]
    roles = [Role(name) for name in rows[0][1:]]
    assert set(roles) == set(Role)
    told = {row[0]: [cell == "yes" for cell in row[1:]] for row in rows[1:]}
    assert told == {permission.value: [allowed(role, permission) for role in roles] for permission in Permission}


def test_the_column_guide_equals_the_code() -> None:
    rows = table(DOCS / "reference" / "ledger-import.md", "column")
    told = [bare(row[0]) for row in rows]
    assert told == [*rules.REQUIRED_COLUMNS, *rules.OPTIONAL_COLUMNS]
    assert [row[1] for row in rows] == ["yes"] * len(rules.REQUIRED_COLUMNS) + ["no"] * len(rules.OPTIONAL_COLUMNS)
    assert {bare(row[0]): int(row[2]) for row in rows if row[2]} == rules._LIMITS
    meanings = {bare(row[0]): row[3] for row in rows}
    assert tuple(re.findall(r"`(\w+)`", meanings["kind"])) == rules.KINDS
    assert tuple(re.findall(r"`(\w+)`", meanings["status"])) == rules.STATUSES


def test_the_sample_of_the_ledger_imports_and_changes_nothing_the_second_time(context: Flask, cast: Cast) -> None:
    def run(**options: bool) -> Any:
        return jobs.import_file(
            DOCS / "reference" / "ledger-sample.csv", cast.ana.actor, source="platform", currency="CNY",
            zone=ZoneInfo("Asia/Shanghai"), **options,
        )  # fmt: skip

    guide = text_of(DOCS / "reference" / "ledger-import.md")
    assert "\n".join(jobs.describe(run(dry_run=True))) in guide, "the guide shows what a dry run prints"
    first = run()
    assert first.clean
    assert first.counts[Outcome.ADDED] == first.lines == 6
    second = run()
    assert second.clean
    assert second.counts[Outcome.UNCHANGED] == 6
    session.rollback()


def refusals() -> set[str]:
    """Every sentence that refuses a ledger file or a line of it, its values written as three dots."""
    sentences = {
        AMOUNT.format(each) for each in (
            "An amount has at most two decimals.", "Enter an amount in figures, for example 1234.50.",
            "This amount is too large.",
        )
    }  # fmt: skip
    for name in ("rules.py", "services/encodings.py", "services/reading.py", "services/entries.py"):
        for node in ast.walk(ast.parse(text_of(ROOT / "backoffice" / "ledger" / name))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_":
                sentences.add(node.args[0].value)  # type: ignore[attr-defined]
    labels = {*encodings.ENCODINGS.values(), *reading.DELIMITERS.values()}
    return sentences - labels - {"%(column)s: %(fault)s"}


@pytest.mark.parametrize("guide", ["ledger-import.md", "ledger-import.zh.md"])
def test_the_column_guide_names_every_column_and_every_refusal(guide: str) -> None:
    page = DOCS / "guide" / guide
    chinese = guide.endswith(".zh.md")
    rows = table(page, "列" if chinese else "column")
    assert [bare(row[0]) for row in rows] == list(rules.COLUMNS)
    assert [row[1] in ("yes", "是") for row in rows] == [name in rules.REQUIRED_COLUMNS for name in rules.COLUMNS]
    with (ROOT / "backoffice/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)

    def told(sentence: str) -> str:
        prefix, said = "", sentence
        if sentence.startswith("amount: "):
            prefix, said = ("amount：" if chinese else "amount: "), sentence.removeprefix("amount: ")
        if chinese:
            said = str(catalogue.get(said).string)  # type: ignore[union-attr]
        return prefix + re.sub(r"%\(\w+\)s", "...", said)

    listed = {row[0] for rows in tables(page) for row in rows}
    assert {told(sentence) for sentence in refusals()} - listed == set()


def test_the_sample_of_the_guide_is_the_one_of_the_reference() -> None:
    assert text_of(DOCS / "guide" / "ledger-sample.csv") == text_of(DOCS / "reference" / "ledger-sample.csv")


def test_the_sample_of_the_calendar_imports(context: Flask) -> None:
    content = text_of(DOCS / "reference" / "calendar-sample.csv")
    with transaction():
        version = calendars.import_csv(content, created_by="ana", note="Notice", now=clock.now())
        days = {day.day.isoformat() for day in version.days}
    assert {"2027-10-01", "2027-10-09"} <= days


def commands(group: click.Group, path: str = "backoffice") -> Iterator[str]:
    """Every command of the program, written out."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def test_the_table_of_commands_is_complete() -> None:
    told = {bare(row[0]) for rows in tables(DOCS / "reference" / "commands.md") for row in rows}
    assert {one for one in told if one.startswith("backoffice ")} == set(commands(cli))


def typed_commands() -> list[tuple[str, str]]:
    """(page, command line) of every command that a page asks to type."""
    found = []
    for page in pages():
        for block in re.findall(r"```(?:sh)?\n(.*?)```", text_of(page), re.DOTALL):
            for line in block.splitlines():
                command = re.match(r"\s*(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(backoffice .*)", line)
                if command:
                    found.append((named(page), re.sub(r"\s+# .*", "", command[1])))
    return found


@pytest.mark.parametrize(("told_in", "line"), typed_commands())
def test_every_command_a_page_asks_to_type_is_understood(
    told_in: str, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(line)[1:]
    if told_in == "README.md":  # it speaks of files of the reader's own
        monkeypatch.chdir(tmp_path)
        for word in words:
            if word.endswith(".csv"):
                Path(word).touch()
    command: click.Command = cli
    context = None
    while isinstance(command, click.Group):
        name = words.pop(0)
        assert name in command.commands, f"{told_in}: there is no {line}"
        command = command.commands[name]
    try:
        context = command.make_context(command.name, words)
    except click.UsageError as error:
        pytest.fail(f"{told_in}: {line}: {error.message}")
    context.close()


def test_there_are_commands_to_type() -> None:
    assert len(typed_commands()) >= 10


def test_every_target_of_make_that_is_named_exists() -> None:
    makefile = text_of(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = {
        (named(page), name)
        for page in pages()
        for name in re.findall(r"`(?:[A-Z]+=\S+ )?make ([a-z-]+)", text_of(page))
    }
    assert {one for one in told if one[1] not in targets} == set()
    described = {bare(row[0]).split()[1] for row in tables(DOCS / "reference" / "commands.md")[1][1:]}
    assert described == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) - {"setup-dev"} | {"help"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole application, to ask which addresses it knows."""
    folder = tmp_path_factory.mktemp("docs")
    return whole_app(test_settings(folder, f"sqlite:///{folder / 'unused.sqlite'}"))


def test_every_address_that_is_named_leads_somewhere(site: Flask) -> None:
    addresses = site.url_map.bind("localhost")
    lost = []
    for page in pages():
        for path in re.findall(r"`(/[a-z][a-z/-]*)`", text_of(page)):
            try:
                addresses.match(path)
            except HTTPException:
                lost.append((named(page), path))
    assert lost == []


def words_of_the_pages() -> tuple[set[str], set[str]]:
    """Every sentence the pages may show, in English and in Chinese."""
    with (ROOT / "backoffice/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = [message for message in read_po(file) if message.id and isinstance(message.id, str)]
    return {str(message.id) for message in catalogue}, {str(message.string) for message in catalogue}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_words_in_bold_stand_on_the_pages(guide: Path) -> None:
    english, chinese = words_of_the_pages()
    known = chinese if guide.name.endswith(".zh.md") else english
    bold = [" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", text_of(guide), re.DOTALL)]
    assert len(bold) > 3
    explained = {"bold", "加粗"}
    assert {words for words in bold if words not in known} - explained == set()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_bold_is_drawn_bold(guide: Path) -> None:
    """CommonMark, 6.2: beside a letter, bold neither begins nor ends with punctuation; Chinese has no spaces there."""
    text = text_of(guide)
    undrawn = []
    for found in re.finditer(r"\*\*(.+?)\*\*", text, re.DOTALL):
        words, before, after = found[1], text[: found.start()][-1:], text[found.end() :][:1]
        if (not words[-1].isalnum() and after.isalnum()) or (not words[0].isalnum() and before.isalnum()):
            undrawn.append(words)
    assert undrawn == []


def test_both_languages_say_the_same_things() -> None:
    english = [path for path in GUIDES if not path.name.endswith(".zh.md")]
    assert len(GUIDES) == 2 * len(english) >= 10
    for guide in english:
        other = guide.with_suffix(".zh.md")
        shapes = [
            (
                [line.split()[0] for line in text_of(page).splitlines() if line.startswith("#")],
                [len(rows) for rows in tables(page)],
            )
            for page in (guide, other)
        ]
        assert shapes[0] == shapes[1], guide.name


def anchors(path: Path) -> set[str]:
    """The anchors that headings of a page make."""
    heads = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_link_leads_somewhere() -> None:
    broken = []
    for page in pages():
        prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if target.startswith(("http://", "https://", "mailto:")):
                continue
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append((named(page), target))
    assert broken == []


def test_every_file_that_is_named_exists() -> None:
    lost = []
    for page in pages():
        for path in re.findall(
            r"`((?:backoffice|tests|docs|templates|scripts|bench|requirements)/[\w./-]+)", text_of(page)
        ):
            file = ROOT / path.split("::")[0].rstrip(".")
            if not file.exists():
                lost.append((named(page), path))
    assert lost == []


def test_every_test_that_security_leans_on_exists() -> None:
    cited = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(DOCS / "security.md"))
    assert len(cited) > 30
    missing = [
        (file, name) for file, name in cited
        if not (ROOT / file).exists() or f"def {name}(" not in text_of(ROOT / file)
    ]  # fmt: skip
    assert missing == []


def test_security_goes_through_the_whole_of_level_one() -> None:
    """The 70 requirements of level 1 in ASVS 5.0, counted by chapter."""
    counts = {1: 8, 2: 4, 3: 8, 4: 2, 5: 4, 6: 13, 7: 6, 8: 4, 9: 4, 10: 5, 11: 3, 12: 3, 13: 1, 14: 2, 15: 3}
    lines = text_of(DOCS / "security.md")
    told = re.findall(r"^\| (\d+)\.\d+\.\d+ \|", lines, re.MULTILINE)
    told += ["10"] * 5 if "10.4.1 to 10.4.5" in lines else []
    assert {chapter: told.count(str(chapter)) for chapter in counts} == counts
    assert sum(counts.values()) == 70


PICTURES = DOCS / "pictures"
LARGEST_PICTURE = 100_000  # bytes


def shown_pictures() -> list[tuple[Path, str, Path]]:
    """(page, alternative text, file) of every picture on a page."""
    return [
        (page, words, (page.parent / target).resolve())
        for page in pages()
        for words, target in re.findall(r"!\[([^]]*)\]\(([^)\s]+)\)", text_of(page))
    ]


def test_every_picture_is_shown_and_small() -> None:
    kept = set(PICTURES.rglob("*.png"))
    assert {file for _, _, file in shown_pictures()} == kept
    assert {named(file) for file in kept if file.stat().st_size > LARGEST_PICTURE} == set()


def test_pictures_and_their_words_are_in_the_language_of_the_page() -> None:
    foreign = []
    for page, words, file in shown_pictures():
        chinese = page.name.endswith(".zh.md")
        in_chinese = re.search(r"[\u4e00-\u9fff]", words) is not None
        folder = file.parent.name if file.parent != PICTURES else "en"
        if len(words) < 8 or in_chinese != chinese or folder != ("zh" if chinese else "en"):
            foreign.append((named(page), words, named(file)))
    assert foreign == []


def test_both_languages_show_the_same_pictures_in_the_same_order() -> None:
    for guide in (path for path in GUIDES if not path.name.endswith(".zh.md")):
        shown = [
            [file.name for page, _, file in shown_pictures() if page == each]
            for each in (guide, guide.with_suffix(".zh.md"))
        ]
        assert shown[0] == shown[1], guide.name


def test_the_customers_guide_names_the_controls_of_the_pages() -> None:
    """What a customer can press or fill in on the pages the guide explains is in the guide, in both languages."""
    for guide, place in ((DOCS / "guide" / "customer.md", 0), (DOCS / "guide" / "customer.zh.md", 1)):
        told = set(re.findall(r"\*\*(.+?)\*\*", " ".join(text_of(guide).split())))
        missing = {pair[place] for pair in controls_of_the_customer()} - told
        assert missing == set(), guide.name


def controls_of_the_customer() -> set[tuple[str, str]]:
    """The words of buttons and links on the customer's pages, in English and Chinese."""
    with (ROOT / "backoffice/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        chinese = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    found = set()
    for folder in ("portal", "headers"):
        for template in (ROOT / "templates" / folder).rglob("*.html"):
            text = template.read_text(encoding="utf-8")
            found |= set(re.findall(r"(?:post_button|dialog_link|[( ]button)\(_\('([^'%]+)'\)", text))
            found |= set(re.findall(r"<summary>.*?_\('([^'%]+)'\)", text))
    return {(words, chinese[words]) for words in found - OBVIOUS}


# Buttons that need no explanation beside the step they end.
OBVIOUS = {"Save", "Save and go on", "Keep the request", "Keep the header", "Create a header", "Remove the file"}
