"""A data set, and a client that asks the application as a browser with the right cookie does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cointeract_inspector.app import make_app
from cointeract_inspector.service import Service
from cointeract_inspector.settings import Settings
from cointeract_inspector.web.tokens import Tokens
from tests.inspector.made import Media, make_dataset, make_media

PORT = 8125
ORIGIN = f"http://127.0.0.1:{PORT}"
TOKENS = Tokens({"ann": "token-of-ann", "bob": "token-of-bob"})

OpenClient = Callable[..., TestClient]


@pytest.fixture(scope="session")
def made_media() -> Media:
    return make_media()


@pytest.fixture(scope="session")
def shared_dataset(tmp_path_factory: pytest.TempPathFactory, made_media: Media) -> Path:
    """For tests that change nothing in it."""
    return make_dataset(tmp_path_factory.mktemp("shared") / "dataset", made_media).root


@pytest.fixture
def dataset(tmp_path: Path, shared_dataset: Path) -> Path:
    """One to do anything with."""
    return Path(shutil.copytree(shared_dataset, tmp_path / "dataset"))


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[OpenClient]:
    """A client of an application over a data set, as a reviewer; `None` for somebody without a token."""
    services: list[Service] = []

    def opened(
        root: Path | str, reviewer: str | None = "ann", *, service: Service | None = None, **options: object
    ) -> TestClient:
        if service is None:
            service = make_service(root, tmp_path, **options)
            services.append(service)
        headers = {} if reviewer is None else {"Authorization": f"Bearer {TOKENS.by_reviewer[reviewer]}"}
        return TestClient(make_app(service, TOKENS, PORT), base_url=ORIGIN, headers=headers, follow_redirects=False)

    yield opened
    for service in services:
        service.close()


def make_service(root: Path | str, folder: Path, **options: object) -> Service:
    return Service(
        Settings(root, reviewers=("ann", "bob"), cache=folder / "cache", **options)  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def shared_client(tmp_path_factory: pytest.TempPathFactory, shared_dataset: Path) -> Iterator[TestClient]:
    """Over the shared data set, read-only."""
    service = make_service(shared_dataset, tmp_path_factory.mktemp("cache"), read_only=True)
    headers = {"Authorization": f"Bearer {TOKENS.by_reviewer['ann']}"}
    yield TestClient(make_app(service, TOKENS, PORT), base_url=ORIGIN, headers=headers, follow_redirects=False)
    service.close()
