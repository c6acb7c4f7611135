"""The seller's logo on its way into the store: looked at, then drawn anew as the one kind of picture that is kept.

What is kept is never what was sent: no metadata, no colour profile, no second picture behind its end. It is on white
as paper is, so that no document has a transparent part; its empty margin is gone, so that it is flush with the text.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from backoffice import storage
from backoffice.errors import N_, Invalid, Message
from backoffice.requests.file_types import media_type

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_BYTES = 2 * 1024 * 1024
_MOST_PIXELS, _SMALLEST_SIDE = 4_000_000, 16
# Pixels times scans: a JPEG may ask for thousands of scans over the same picture.
_MOST_WORK = 100_000_000
# Six pixels a point of the place that it has on paper (`pdf.picture`), and what it may add to every document and mail.
_KEPT_SIZE, _KEPT_BYTES = (900, 228), 150_000
# A margin may differ from white by so much of 255, as JPEG makes it.
_NEARLY_WHITE = 8

_KINDS = N_("This file is not a complete PNG or JPEG picture. Choose one of at most 2 MB.")
_TOO_LARGE = N_("This file is larger than 2 MB. Choose a smaller picture.")
_TOO_MANY = N_("This picture has too many pixels. Four million are enough, 2,000 by 2,000 for example.")
_TOO_FEW = N_("This picture is too small to be printed. It needs 16 pixels on each side at least.")
_FOR_PRESSES = N_("This picture has the four colours of a printing press (CMYK). Save it with RGB colours.")
_BLANK = N_("There is nothing but white in this picture.")


def receive(content: bytes) -> str:
    """Check a PNG or JPEG, keep it as `normalise` draws it, and return the sha256 of that.

    Raises Invalid (field `logo`) as `normalise` does, and Unavailable when the store refuses.
    """
    return storage.put(normalise(content))


def normalise(content: bytes) -> bytes:
    """The picture as a PNG: RGB in the colours of sRGB, eight bits, on white, no larger than paper can show.

    Raises Invalid (field `logo`) for what is too large, blank, in CMYK or no whole PNG or JPEG. Size and pixels are
    looked at before anything is unpacked.
    """
    from PIL import Image, ImageOps

    if len(content) > LARGEST_BYTES:
        raise _refused(_TOO_LARGE)
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            _refuse_unbearable(picture, content)
            if media_type(content) not in {"image/png", "image/jpeg"}:
                raise _refused(_KINDS)
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            return _packed(_without_margin(_on_white(_in_srgb(upright))))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _refused(_TOO_MANY) from bomb
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise _refused(_KINDS) from error


def _refuse_unbearable(picture: Image, content: bytes) -> None:
    pixels = picture.width * picture.height
    if pixels > _MOST_PIXELS or pixels * content.count(b"\xff\xda") > _MOST_WORK:
        raise _refused(_TOO_MANY)
    if min(picture.size) < _SMALLEST_SIDE:
        raise _refused(_TOO_FEW)
    if picture.mode == "CMYK":
        raise _refused(_FOR_PRESSES)


def _in_srgb(picture: Image) -> Image:
    """With transparency as a channel. Colours under a profile of their own are brought to those of the document."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    coloured = picture.convert("RGBA")
    if not profile or picture.mode not in {"RGB", "RGBA", "P"}:
        return coloured
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        plain = coloured.convert("RGB")
        plain = ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or plain
    except (ImageCms.PyCMSError, OSError):
        return coloured  # a profile that cannot be read says nothing
    plain.putalpha(coloured.getchannel("A"))
    return plain


def _on_white(picture: Image) -> Image:
    from PIL import Image

    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture).convert("RGB")


def _without_margin(picture: Image) -> Image:
    from PIL import Image, ImageChops

    white = Image.new("RGB", picture.size, "white")
    ink = ImageChops.difference(picture, white).convert("L").point(lambda value: 255 if value > _NEARLY_WHITE else 0)
    box = ink.getbbox()
    if box is None:
        raise _refused(_BLANK)
    return picture.crop(box)


def _packed(picture: Image) -> bytes:
    """As large as there is room for; smaller where it would weigh too much, as photographs do."""
    width, height = _KEPT_SIZE
    while True:
        small = picture.copy()
        small.thumbnail((width, height))
        file = io.BytesIO()
        small.save(file, "PNG", optimize=True)
        if file.tell() <= _KEPT_BYTES:
            return file.getvalue()
        width, height = width * 4 // 5, height * 4 // 5


def _refused(told: str) -> Invalid:
    return Invalid({"logo": [Message(told)]})
