"""Our own export of everything, a ZIP: the member that holds the directory. Any other ZIP is left alone.

Owns telling our archive from others before anything unpacks it: a small file can announce millions of
members, or one that unpacks without end.
"""

import io
import struct
import zipfile
from typing import Final

from node.directory.archive import GEOJSON_MEMBER
from node.directory.importing.files import IMPORT_BYTES_MAX

_MAGIC: Final = b"PK\x03\x04"
# The record at the end of a ZIP without a comment: 22 bytes, with the size of the list of members.
_END: Final = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
# A ZIP of more than 4 GiB says so before its end; ours never is.
_LARGE_MAGIC: Final = b"PK\x06\x07"
_LARGE_BYTES: Final = 20
# Our five members take 300 bytes; the list is read whole before anything can be said about it.
_LIST_BYTES_MAX: Final = 4_096


def member_of(data: bytes) -> bytes | None:
    """Return the directory inside our own archive; None when the bytes are anything else.

    A damaged archive is something else too: what reads it next names it as a ZIP.
    """
    if not data.startswith(_MAGIC) or len(data) < _END.size + _LARGE_BYTES:
        return None
    magic, *_counts, list_bytes, _start, comment_bytes = _END.unpack(data[-_END.size :])
    is_large = data[-_END.size - _LARGE_BYTES :].startswith(_LARGE_MAGIC)
    if magic != _END_MAGIC or list_bytes > _LIST_BYTES_MAX or comment_bytes or is_large:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = archive.getinfo(GEOJSON_MEMBER)
            # Ours are stored: what unpacks to more than it is was not written by us.
            if member.compress_type != zipfile.ZIP_STORED or member.file_size > IMPORT_BYTES_MAX:
                return None
            return archive.read(member)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return None
