"""The typefaces of the invoice: where they come from, what they can draw, and ready-made files of them.

Chinese and most Latin text is set in Noto Sans SC (a variable font, from the package justmytype-intl-cjk). It lacks
a part of Latin Extended-A (Ł, ź, ő, š ...), so a companion, Noto Sans (from pymupdf-fonts), draws those words.

Both weights of Noto Sans SC are pinned out of the variable font once per machine and kept as files in a cache folder,
named after the source's sha256; every process then maps the same file into memory. Coverage is read from the sources
alone and held as a bitmap of 24 kB, so a web process can judge a name without building any face.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from backoffice.errors import N_, Message, Unavailable

FaceName = Literal["sc", "sc-bold", "latin", "latin-bold"]


@dataclass(frozen=True, slots=True)
class Source:
    """One face: the package that brings it, the sha256 of the bytes we know, and its weight and PostScript name."""

    package: str
    module: str  # inside the package: a Python module holding the bytes, or "" for a file
    file: str
    sha256: str
    weight: int
    postscript_name: str


_SC_FILE = "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
_SC_SHA256 = "a3041811a78c361b1de50f953c805e0244951c21c5bd412f7232ef0d899af0da"
SOURCES: dict[FaceName, Source] = {
    "sc": Source("justmytype_intl_cjk", "", _SC_FILE, _SC_SHA256, 400, "NotoSansSC-Regular"),
    "sc-bold": Source("justmytype_intl_cjk", "", _SC_FILE, _SC_SHA256, 700, "NotoSansSC-Bold"),
    "latin": Source(
        "pymupdf_fonts",
        "NotoSans_Regular",
        "",
        "6b04c8dd65af6b73eb4279472ed1580b29102d6496a377340e80a40cdb3b22c9",
        400,
        "NotoSans-Regular",
    ),
    "latin-bold": Source(
        "pymupdf_fonts",
        "NotoSans_Bold",
        "",
        "7c15ac396d2ce6bc33a3b4efacdbd322c9e46376599a725c6f790d8036052cab",
        700,
        "NotoSans-Bold",
    ),
}

# Part of the cache's file names: raise it when the way a face is made changes.
_RECIPE = 1

# Tables that only matter to shaping, vertical setting or menus of fonts: the invoice sets text glyph by glyph.
SHAPING_TABLES = (b"GSUB", b"GPOS", b"GDEF", b"BASE", b"STAT", b"vhea", b"vmtx", b"gasp", b"name", b"DSIG", b"meta")

# The companion is asked for alphabets that are right without shaping: Latin, Greek, Cyrillic, their extensions, signs.
_COMPANION_RANGES = ((0x0020, 0x052F), (0x1E00, 0x1FFF), (0x2010, 0x2027), (0x2030, 0x205E), (0x20A0, 0x214F))

# Marks would need shaping to sit right; controls, formats and private characters have no agreed picture.
_UNDRAWABLE = frozenset({"Mn", "Mc", "Me", "Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})

_cache_dir: Path | None = None


def configure(cache_dir: Path) -> None:
    """Keep ready-made faces under `cache_dir` (normally in the instance folder). Call it once at start."""
    global _cache_dir
    _cache_dir = cache_dir


def cache_folder() -> Path:
    """Where the faces are kept: the configured folder, else one in the system's temporary folder for this user."""
    return _cache_dir or Path(tempfile.gettempdir()) / f"backoffice-fonts-{os.getuid()}"


def source_bytes(name: FaceName) -> bytes:
    """The font file a face is made from, exactly as we know it.

    Raises Unavailable when its package is missing or brings other bytes: another font would change every invoice.
    """
    source = SOURCES[name]
    try:
        data = _read(source)
    except (ImportError, OSError) as error:
        raise Unavailable(Message(N_("The font package %(name)s is not installed."), name=source.package)) from error
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise Unavailable(Message(N_("The font package %(name)s is not the expected version."), name=source.package))
    return data


def _read(source: Source) -> bytes:
    if source.module:
        return bytes(importlib.import_module(f"{source.package}.{source.module}").fontbuffer)
    return _installed_file(source).read_bytes()


def _installed_file(source: Source) -> Path:
    spec = importlib.util.find_spec(source.package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(source.package)
    return Path(next(iter(spec.submodule_search_locations))) / source.file


def face_file(name: FaceName) -> Path:
    """The file of a static face, made now if this machine has none yet (0.3 s for Noto Sans SC, once).

    Several processes may ask at the same time: each writes its own temporary file and renames it into place, and all
    write the same bytes.
    """
    source = SOURCES[name]
    target = cache_folder() / f"{source.postscript_name}-{source.sha256[:16]}-{_RECIPE}.ttf"
    if not target.exists():
        _write_atomically(target, _static_face(source_bytes(name), source.weight))
    return target


def _static_face(data: bytes, weight: int) -> bytes:
    """`data` with its weight pinned and only the glyphs that characters lead to."""
    import uharfbuzz as hb

    face = hb.Face(hb.Blob(data))
    plan = hb.SubsetInput()
    plan.unicode_set.update(list(face.unicodes))
    plan.flags |= hb.SubsetFlags.NO_HINTING
    plan.drop_table_tag_set.update(table_tags(SHAPING_TABLES))
    if face.has_var_data:
        plan.pin_axis_location(face, "wght", weight)
    return bytes(hb.subset(face, plan).blob.data)


def table_tags(names: tuple[bytes, ...]) -> list[int]:
    """OpenType table names as the numbers HarfBuzz wants."""
    return [int.from_bytes(name, "big") for name in names]


def _write_atomically(target: Path, data: bytes) -> None:
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise Unavailable(Message(N_("The font cache cannot be written."))) from error


def drawable(character: str) -> bool:
    """Whether one of our faces has a picture for `character`, in both weights."""
    code = ord(character)
    bitmap = _coverage()
    return code >> 3 < len(bitmap) and bool(bitmap[code >> 3] >> (code & 7) & 1)


@cache
def _coverage() -> bytes:
    """One bit per code point up to the highest one covered."""
    companion = _characters("latin") & _characters("latin-bold")
    codes = _characters("sc") | {
        code for first, last in _COMPANION_RANGES for code in range(first, last + 1) if code in companion
    }
    bitmap = bytearray((max(codes) >> 3) + 1)
    for code in codes:
        if unicodedata.category(chr(code)) not in _UNDRAWABLE:
            bitmap[code >> 3] |= 1 << (code & 7)
    return bytes(bitmap)


def _characters(name: FaceName) -> set[int]:
    """Code points a source maps to glyphs; a file is mapped, not read: only its character table is touched."""
    import uharfbuzz as hb

    source = SOURCES[name]
    if source.module:
        blob: Any = hb.Blob(source_bytes(name))
    else:
        try:
            blob = hb.Blob.from_file_path(str(_installed_file(source)))
        except (ImportError, OSError, hb.HarfBuzzError) as error:
            message = Message(N_("The font package %(name)s is not installed."), name=source.package)
            raise Unavailable(message) from error
    return set(hb.Face(blob).unicodes)
