"""ZIP downloads: streamed, one file in memory at a time."""

from collections.abc import Iterable, Iterator
from datetime import date
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.http import StreamingHttpResponse

# A name in the archive, the day it carries, its content.
File = tuple[str, date, bytes]


class _Drain:
    """A file that cannot be gone back in: what was written is taken away, piece by piece."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self.written.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self.written)
        self.written.clear()
        return taken


def zip_pieces(files: Iterable[File]) -> Iterator[bytes]:
    """The archive, a piece for each file; for files that are compressed already."""
    drain = _Drain()
    with ZipFile(drain, "w", ZIP_STORED) as archive:  # type: ignore[call-overload]
        for name, day, content in files:
            entry = ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
            yield drain.take()
    yield drain.take()


def zip_response(filename: str, files: Iterable[File]) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        zip_pieces(files),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
