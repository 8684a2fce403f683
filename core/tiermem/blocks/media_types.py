"""What bytes are, by how they begin, and the width and height that an image says it has. Pure, and bounded: no more
than `HEAD` bytes are looked at, and nothing is decoded."""

from __future__ import annotations

HEAD = 64 << 10  # bytes of an image in which its size is looked for: before it JPEGs have a preview of their own
UNKNOWN = "application/octet-stream"
_LARGEST = 1 << 20  # pixels a side; beyond that a header is damaged

# By the WHATWG's MIME sniffing tables: https://mimesniff.spec.whatwg.org/ (sections 6.1 to 6.4).
_BEGINS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/avi"}
_BRANDS = ((b"avi", "image/avif"), (b"hei", "image/heic"), (b"mif", "image/heic"), (b"M4A", "audio/mp4"))
_WEAK = frozenset({b"BM", b"\xff\xfb", b"\xff\xf3", b"ID3"})  # two or three bytes that much else may begin with


def sniffed(data: bytes, *, surely: bool = False) -> str:
    """The media type of what begins like *data*; "" where nobody can say. *surely*: only by a mark of four bytes or
    more, which no other bytes begin with by chance."""
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], "")
    if data[4:8] == b"ftyp":
        return next((kind for brand, kind in _BRANDS if data[8:11] == brand), "video/mp4")
    return next((kind for mark, kind in _BEGINS if data.startswith(mark) and not (surely and mark in _WEAK)), "")


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that the header of a PNG, GIF, JPEG, WebP or BMP says; None where it says none."""
    kind = sniffed(data)
    reader = _SIZES.get(kind)
    size = reader(data[:HEAD]) if reader is not None else None
    return size if size is not None and all(0 < side <= _LARGEST for side in size) else None


def _png(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _gif(data: bytes) -> tuple[int, int] | None:
    if len(data) < 10:
        return None
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def _bmp(data: bytes) -> tuple[int, int] | None:
    if len(data) < 26:
        return None
    return (
        abs(int.from_bytes(data[18:22], "little", signed=True)),
        abs(int.from_bytes(data[22:26], "little", signed=True)),
    )


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """The size in the first frame header (ITU-T T.81, B.2.2), found from segment to segment."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        mark = data[at + 1]
        if mark in range(0xC0, 0xD0) and mark not in {0xC4, 0xC8, 0xCC}:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        length = 0 if mark == 0xFF else int.from_bytes(data[at + 2 : at + 4], "big")
        at += 1 if mark == 0xFF else 2 + max(length, 2)  # a fill byte; or a segment
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    """By the container's three forms: https://developers.google.com/speed/webp/docs/riff_container."""
    form = data[12:16]
    if len(data) < 30:
        return None
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF)
    if form == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None


_SIZES = {
    "image/png": _png,
    "image/gif": _gif,
    "image/bmp": _bmp,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
