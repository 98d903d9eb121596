"""Which format a file's bytes are, whatever its name says, and whether all of the file is there."""

from typing import Literal

from .limits import ClipError

Format = Literal["avi", "mp4", "dicom"]

_OTHER_TYPES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"0&\xb2u\x8ef\xcf\x11", "a Windows Media video"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b"OggS", "an Ogg file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"<", "an HTML or XML page"),
)
_MP4_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_CMS_ENVELOPED_DATA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
_ZIP_ENCRYPTED_FLAG = 0x01
_EXPORT = "export the clip as AVI, MP4 or multi-frame DICOM"


def detect_format(data: bytes) -> Format:
    """Tell the format of a clip from its content.

    Args:
        data: the file's bytes.

    Returns:
        "avi", "mp4" (QuickTime included) or "dicom".

    Raises:
        ClipError: if the bytes are empty, encrypted, cut short, or of another type.
    """
    if not data:
        raise ClipError("the file is empty (0 bytes); copy or export it again")
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        _check_avi_complete(data)
        return "avi"
    if data[4:8] in _MP4_FIRST_BOXES:
        _check_mp4_complete(data)
        return "mp4"
    # A file may lack the preamble; it then starts with its first element, of group 0002 or 0008.
    if data[128:132] == b"DICM" or (data[:2] in (b"\x02\x00", b"\x08\x00") and data[3:4] == b"\x00"):
        return "dicom"
    raise ClipError(f"it is {_describe(data)}, not an echo clip; {_EXPORT}")


def _describe(data: bytes) -> str:
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        if data[6:7] and data[6] & _ZIP_ENCRYPTED_FLAG:
            return "a password-protected ZIP archive"
        return "a ZIP archive"
    if data[:1] == b"\x30" and _CMS_ENVELOPED_DATA in data[:64]:
        return "an encrypted (CMS) file"
    for magic, description in _OTHER_TYPES:
        if data.startswith(magic):
            return description
    if _is_text(data[:512]):
        return "a text file"
    return f"of an unknown type (it starts with the bytes {data[:4].hex(' ')})"


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # else a character is cut at the end
            return False
        text = start[: error.start].decode("utf-8")
    return all(character.isprintable() or character.isspace() for character in text)


def _cut_short(received: int, expected: int) -> ClipError:
    return ClipError(f"the file is cut short: {received} bytes of at least {expected}; copy or export it again")


def _check_avi_complete(data: bytes) -> None:
    position = 0
    while data[position : position + 4] == b"RIFF":  # files over 1 GB of video have several
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        # Recorders that stream leave 0 or the largest number there: nothing can be checked then.
        if size in (0, 0xFFFFFFFF):
            return
        position += size + 8
    # The last chunk's padding byte may be counted without being written.
    if position > len(data) + 1:
        raise _cut_short(len(data), position)


def _check_mp4_complete(data: bytes) -> None:
    position, has_index = 0, False
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if size == 1 and position + 16 <= len(data):
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        elif size == 0:
            size = len(data) - position
        if size < 8:
            raise ClipError(f"it is damaged: an MP4 box of {size} bytes at byte {position}; {_EXPORT} again")
        has_index = has_index or kind == b"moov"
        position += size
    if position > len(data):
        raise _cut_short(len(data), position)
    if not has_index:
        raise ClipError(f"it has no index (MP4 box moov), so its recording was cut short; {_EXPORT} again")
