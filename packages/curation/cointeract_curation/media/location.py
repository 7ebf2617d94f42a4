"""Opening media where it lies: a local path or an fsspec URL (``s3://bucket/name.mp4``)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from cointeract_curation.core.errors import UnusableInputError
from cointeract_shards.storage import is_url

if TYPE_CHECKING:
    from av.container import InputContainer

# av takes long to import and is imported inside functions: `cointeract --help` does not need it.


def check_regular_file(location: str) -> None:
    """Refuse a local path that is no ordinary, non-empty file. A URL passes: its store answers when it is opened.

    Raises:
        UnusableInputError: a missing file, a dead link, a directory, a pipe or device, an empty file.
    """
    if is_url(location):
        return
    path = Path(location)
    try:
        facts = path.stat()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise UnusableInputError(
                f"{location} is a link to {path.readlink()}, which does not exist: restore its target or remove the link"
            ) from error
        raise UnusableInputError(f"{location} does not exist: check the path") from error
    except PermissionError as error:
        raise UnusableInputError(f"{location} can't be examined: give this user read access to its folder") from error
    except OSError as error:
        raise UnusableInputError(f"{location} can't be examined ({error.strerror}): check the path") from error
    if stat.S_ISDIR(facts.st_mode):
        raise UnusableInputError(f"{location} is a directory, not a video file: name the files in it")
    if not stat.S_ISREG(facts.st_mode):
        raise UnusableInputError(
            f"{location} is a pipe, socket or device, not a file: copy its content to a file first"
        )
    if facts.st_size == 0:
        raise UnusableInputError(f"{location} is empty (0 bytes): copy it again from where it came from")


@contextmanager
def open_bytes(location: str) -> Iterator[IO[bytes]]:
    """Open the bytes of a local path or a URL for reading.

    Raises:
        UnusableInputError: the file doesn't exist or may not be read.
    """
    check_regular_file(location)
    try:
        if is_url(location):
            import fsspec

            opened = cast("IO[bytes]", fsspec.open(location, "rb").open())
        else:
            opened = Path(location).open("rb")  # noqa: SIM115 - closed below, apart from errors of the caller's block
    except FileNotFoundError as error:
        raise UnusableInputError(f"{location} does not exist: check the path") from error
    except PermissionError as error:
        raise UnusableInputError(f"{location} may not be read: give this user read permission") from error
    with opened:
        yield opened


@contextmanager
def open_container(location: str) -> Iterator[InputContainer]:
    """Open a media file for demuxing. A playlist or script inside it can't make FFmpeg read any other file over a network.

    Raises:
        av.error.FFmpegError: FFmpeg doesn't recognise the content.
        UnusableInputError: there is no such file, or it may not be read.
    """
    import av

    if is_url(location):
        with open_bytes(location) as stream, av.open(stream, metadata_errors="replace") as container:
            yield container
        return
    check_regular_file(location)
    # The `file:` prefix keeps a colon in a name from being read as a protocol.
    try:
        opened = av.open(f"file:{location}", metadata_errors="replace", options={"protocol_whitelist": "file"})
    except PermissionError as error:
        raise UnusableInputError(f"{location} may not be read: give this user read permission") from error
    with opened as container:
        yield container


def refusal(location: str) -> str:
    """Why FFmpeg refuses to open a file, in its own words (``moov atom not found``), or an empty text if it gives none."""
    import av

    level, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture() as messages:
            try:
                with open_container(location):
                    pass
            except av.error.FFmpegError as error:
                messages.append((av.logging.ERROR, "", error.strerror or ""))
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(skips)
    lines = [text.strip() for _, _, text in messages if text.strip()]
    return "; ".join(dict.fromkeys(lines))
