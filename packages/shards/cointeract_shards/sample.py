"""A sample: a key and its members, each as bytes or as the file that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cointeract_shards import members
from cointeract_shards.errors import SampleKeyError
from cointeract_shards.records import Meta, Tracks


@dataclass(frozen=True)
class Sample:
    """One training sample before it is packed or after it is read.

    Raises:
        SampleKeyError: the key or a member name can't be stored, or there are no members.
    """

    key: str
    members: Mapping[str, bytes | Path]
    """Content by member name; a `Path` is streamed from the file, never loaded whole by the writer."""

    def __post_init__(self) -> None:
        members.check_key(self.key)
        if not self.members:
            raise SampleKeyError(f"sample {self.key!r} has no members; a sample holds at least one")
        for name in self.members:
            members.check_member(name)

    def read(self, name: str) -> bytes:
        """Content of a member.

        Raises:
            KeyError: the sample has no such member; the message lists those it has.
        """
        content = self._content(name)
        return content.read_bytes() if isinstance(content, Path) else content

    def size(self, name: str) -> int:
        """Bytes of a member.

        Raises:
            KeyError: the sample has no such member.
        """
        content = self._content(name)
        return content.stat().st_size if isinstance(content, Path) else len(content)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A member as a stream.

        Raises:
            KeyError: the sample has no such member.
        """
        content = self._content(name)
        if isinstance(content, Path):
            with content.open("rb") as stream:
                yield stream
        else:
            yield BytesIO(content)

    @cached_property
    def meta(self) -> Meta:
        """`meta.json` as a record.

        Raises:
            KeyError: the member is missing.
            RecordError: it isn't valid.
        """
        return Meta.from_bytes(self.read(members.META), where=f"{self.key}/{members.META}")

    @cached_property
    def tracks(self) -> Tracks:
        """`tracks.json` as a record.

        Raises:
            KeyError: the member is missing.
            RecordError: it isn't valid.
        """
        return Tracks.from_bytes(self.read(members.TRACKS), where=f"{self.key}/{members.TRACKS}")

    def _content(self, name: str) -> bytes | Path:
        if name not in self.members:
            raise KeyError(f"sample {self.key!r} has no member {name!r}; it has {', '.join(sorted(self.members))}")
        return self.members[name]
