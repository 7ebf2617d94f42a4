"""Secret tokens: one for each reviewer, kept for a data set so that an open page goes on when the server was restarted."""

from __future__ import annotations

import hmac
import json
import logging
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from cointeract_shards import atomic

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
FILE_MODE = 0o600
FOLDER_MODE = 0o700
FILE_NAME = "tokens.json"


class Tokens:
    """Which token is whose.

    Args:
        by_reviewer: token by reviewer.
    """

    def __init__(self, by_reviewer: Mapping[str, str]) -> None:
        self.by_reviewer = dict(by_reviewer)

    def reviewer(self, token: str | None) -> str | None:
        """Whose token this is, None where it is nobody's. Takes equally long whichever it is."""
        found = None
        given = (token or "").encode("utf-8", "surrogateescape")
        for reviewer, known in self.by_reviewer.items():
            if hmac.compare_digest(given, known.encode()):
                found = reviewer
        return found


def load_tokens(folder: Path, reviewers: Sequence[str]) -> Tokens:
    """Tokens of the reviewers, made where there are none yet. The file is readable for its owner alone.

    Args:
        folder: of the data set's cache; a file that others can read is not trusted and is written anew.
        reviewers: who may use the server.
    """
    path = folder / FILE_NAME
    known = _read(path)
    tokens = {name: known.get(name) or secrets.token_urlsafe(TOKEN_BYTES) for name in reviewers}
    if any(known.get(name) != token for name, token in tokens.items()):
        _write(path, known | tokens)
    return Tokens(tokens)


def _read(path: Path) -> dict[str, str]:
    try:
        found = path.stat()
        if found.st_mode & 0o077 or found.st_uid != os.getuid():
            log.warning("%s can be read by others; new tokens are made", path)
            return {}
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s can't be read, new tokens are made: %s", path, error)
        return {}
    return {str(name): str(token) for name, token in content.items()} if isinstance(content, dict) else {}


def _write(path: Path, tokens: Mapping[str, str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        with atomic.atomic_file(path) as temporary:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
            with os.fdopen(descriptor, "w") as file:
                json.dump(dict(tokens), file)
    except OSError as error:
        log.warning("tokens aren't kept, a restart makes new ones: %s: %s", path, error.strerror)
