"""What our faces can show, and that asking costs neither fpdf2 nor much memory."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from backoffice import fonts, glyphs
from backoffice.errors import Unavailable

NAMES = [
    "云台智能科技(上海)有限公司", "壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整零负", "䶮㛃㮾𬭚𫖯𬱖𣲘", "￥¥€№",
    "Łódź Systems Sp. z o.o.", "Ångström & Söhne AB", "Erdős Pál", "Société Générale d'Études", "Công ty TNHH Việt",
    "ООО «Ромашка»",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_ordinary_names_are_printable(name: str) -> None:
    assert glyphs.missing(name) == []


def test_every_han_character_of_gbk_is_printable() -> None:
    characters = {bytes((high, low)).decode("gbk", "ignore") for high in range(0x81, 0xFF) for low in range(0x40, 0xFF)}
    han = [c for c in characters if len(c) == 1 and unicodedata.name(c, "").startswith("CJK UNIFIED")]
    assert len(han) > 20_000
    assert [c for c in han if glyphs.missing(c)] == []


def test_what_is_missing_is_named_once_and_in_order() -> None:
    assert glyphs.missing("乙𡋾甲😀丙😀𡋾") == ["𡋾", "😀"]
    assert glyphs.describe(["😀"]) == "😀 U+1F600 GRINNING FACE"
    assert glyphs.describe(["\u200b"]) == "U+200B ZERO WIDTH SPACE"


@pytest.mark.parametrize("character", ["\u0301", "\u200b", "\u202e", "\x00", "\t", "\ufeff", "\ue000", "ก", "ب", "अ"])
def test_marks_controls_and_scripts_that_need_shaping_are_missing(character: str) -> None:
    assert glyphs.missing(f"a{character}") == [character]


def test_a_line_break_needs_no_glyph() -> None:
    assert glyphs.missing("一\n二") == []


def test_asking_imports_no_pdf_library() -> None:
    code = "import sys; from backoffice import glyphs; glyphs.missing('Łódź 云'); import backoffice.issuing.pdf; "
    code += "print([m for m in sys.modules if m.split('.')[0] in ('fpdf', 'fontTools', 'numpy', 'PIL')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_another_version_of_a_font_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = {**fonts.SOURCES, "latin": fonts.Source("pymupdf_fonts", "NotoSans_Italic", "", "0" * 64, 400, "Other")}
    monkeypatch.setattr(fonts, "SOURCES", changed)
    monkeypatch.setattr(fonts, "_cache_dir", tmp_path)
    with pytest.raises(Unavailable, match="not the expected version"):
        fonts.face_file("latin")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_cache_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(fonts, "_cache_dir", tmp_path / "file")
    with pytest.raises(Unavailable, match="cannot be written"):
        fonts.face_file("latin")


def _make_face(folder: Path) -> bytes:
    fonts.configure(folder)
    return fonts.face_file("latin").read_bytes()


def test_processes_that_make_a_face_at_once_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(_make_face, [tmp_path / "cache"] * 4))
    assert len(set(made)) == 1
    assert len(list((tmp_path / "cache").iterdir())) == 1
