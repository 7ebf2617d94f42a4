"""Errors: what ends the command, and what a page is told."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from cointeract_shards.errors import ContractError


class InspectorError(ContractError):
    """A data set that can't be opened, or an option that can't be followed. Ends the command."""


class ApiError(Exception):
    """A request that can't be answered.

    Args:
        status: of HTTP.
        code: one word that a page can act on.
        message: what was wrong, where, with the value.
        hint: what to do; empty where the message says it.
        headers: that the answer carries.
    """

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})

    @override
    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def to_json(self) -> dict[str, str]:
        """The error as a page reads it."""
        return {"code": self.code, "message": self.message, "hint": self.hint}
