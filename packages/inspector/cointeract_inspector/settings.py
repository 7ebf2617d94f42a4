"""How the inspector is to run."""

from __future__ import annotations

import getpass
import re
from dataclasses import dataclass, field
from pathlib import Path

from cointeract_inspector.errors import InspectorError
from cointeract_inspector.media.cache import default_folder
from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.reviews.event import REVIEWER_PATTERN, check_reviewer

LOOPBACK = ("127.0.0.1", "localhost", "::1")
USUAL_PORT = 8125
STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class Settings:
    """Options of a server.

    Raises:
        InspectorError: a host that the network reaches without `allow_hosts`, or a reviewer who is named twice.
        ReviewError: a name that can't be a reviewer's.
    """

    dataset: storage.Location
    host: str = LOOPBACK[0]
    port: int | None = None
    """None: the usual one, another one where that is taken."""
    allow_hosts: tuple[str, ...] = ()
    """Names that browsers may use for this machine, beside those of loopback."""
    reviewers: tuple[str, ...] = ()
    """Whose decisions are taken; the first is who opens the printed address. Empty: the user of this machine."""
    read_only: bool = False
    reviews: Path | None = None
    """Folder of decisions; None: in the data set."""
    cache: Path = field(default_factory=default_folder)
    static: Path = STATIC

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK and not self.allow_hosts:
            raise InspectorError(
                f"--host {self.host} lets other machines reach the inspector; say under which name with --allow-host, "
                "or leave it out and use the ssh command that is printed"
            )
        names = self.reviewers or (default_reviewer(),)
        for name in names:
            check_reviewer(name)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InspectorError(
                f"--reviewer {', '.join(twice)} is given more than once; each reviewer has one name and one address, "
                "people who share a name share one log of decisions"
            )
        object.__setattr__(self, "reviewers", tuple(names))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that a browser may use for this server."""
        return (*LOOPBACK, *self.allow_hosts)

    @property
    def reviews_folder(self) -> storage.Location:
        """Where decisions lie."""
        return self.reviews or storage.join(self.dataset, DatasetLayout.REVIEWS_NAME)


def default_reviewer() -> str:
    """The user of this machine, in the characters that a reviewer's name may have."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", getpass.getuser()).strip("-_")
    return name if re.fullmatch(REVIEWER_PATTERN, name) else "reviewer"


def parse_location(dataset: str) -> storage.Location:
    """A data set as it is named on the command line."""
    return dataset if storage.is_url(dataset) else Path(dataset).absolute()
