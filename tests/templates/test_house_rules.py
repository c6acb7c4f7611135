"""What no template and no stylesheet may do, whoever wrote it: strict CSP, no other host, colours people can read."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "backoffice" / "static"
# Mails are read in mail programs, where inline styles are the only ones.
TEMPLATES = sorted(p for p in (ROOT / "templates").rglob("*.html") if "messages" not in p.relative_to(ROOT).parts)
SHEETS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))

FORBIDDEN = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=|<style", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)|<[^>]*\son[a-z]+\s*=|javascript:", re.IGNORECASE),
    "another host": re.compile(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE),
    "unescaped output": re.compile(r"\|\s*safe\b|autoescape\s+false"),
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_hold_nothing_the_policy_would_block(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert [rule for rule, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    ("offender", "rule"),
    [
        ('<p style="color:red">', "an inline style"),
        ("<script>x</script>", "an inline script"),
        ("<a onclick=x>", "an inline script"),
        ("<img src=//elsewhere/x.png>", "another host"),
        ("{{ remarks|safe }}", "unescaped output"),
    ],
)
def test_the_rules_see_an_offender(offender: str, rule: str) -> None:
    assert FORBIDDEN[rule].search(offender)


@pytest.mark.parametrize("path", SHEETS, ids=name)
def test_stylesheets_use_known_tokens_and_files_that_exist(path: Path) -> None:
    text = path.read_text()
    known = set(re.findall(r"(--[a-z0-9-]+)\s*:", "".join(sheet.read_text() for sheet in SHEETS)))
    assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) <= known
    for target in re.findall(r"url\(\"?([^\")]+)", text):
        assert (path.parent / target).is_file(), target


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_import_only_their_neighbours_and_write_no_markup(path: Path) -> None:
    text = path.read_text()
    for target in re.findall(r'from "([^"]+)"', text):
        assert (path.parent / target).is_file(), target
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://|\.style\b", text)


def _tokens() -> dict[str, tuple[str, str]]:
    text = (STATIC / "css" / "tokens.css").read_text()
    pairs = re.findall(r"(--[a-z-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)", text)
    return {token: (light, dark) for token, light, dark in pairs}


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ("--canvas", "--surface", "--raised", "--sunken", "--hover")
TEXTS = [(text, ground) for text in ("--ink", "--ink-soft") for ground in (*GROUNDS, "--accent-soft")]
TEXTS += [(f"--{tone}", f"--{tone}-soft") for tone in ("accent", "good", "warn", "bad", "info", "quiet")]
TEXTS += [(f"--{tone}", ground) for tone in ("accent", "good", "warn", "bad") for ground in ("--surface", "--raised")]
TEXTS += [("--ink", f"--{tone}-soft") for tone in ("good", "warn", "bad", "info")] + [("--on-accent", "--accent")]
BORDERS = [("--line-control", ground) for ground in ("--surface", "--raised", "--canvas")]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "ground", "least"), [*((a, b, 4.5) for a, b in TEXTS), *((a, b, 3.0) for a, b in BORDERS)]
)
def test_contrast(front: str, ground: str, least: float, theme: int) -> None:
    tokens = _tokens()
    assert _contrast(tokens[front][theme], tokens[ground][theme]) >= least
