"""From a page's content and pictures to HTML. Every value from outside is escaped by the template engine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cointeract_curation.report import formats
from cointeract_curation.report.bars import state_bar, step_bar, time_bar
from cointeract_curation.report.histogram import histogram_svg
from cointeract_curation.report.page import Page
from cointeract_curation.report.pictures import ExamplePicture

TEMPLATE = "report.html.j2"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cointeract_curation", "report/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": formats.count,
        "duration": formats.duration,
        "number": formats.number,
        "units": formats.units,
    }
    environment.globals |= {
        "percent": formats.percent,
        "histogram_svg": histogram_svg,
        "state_bar": state_bar,
        "step_bar": step_bar,
        "time_bar": time_bar,
    }
    return environment


def content_digest(page: Page) -> str:
    """A hash of everything that a page is made from, its templates among them; equal digests mean equal pages."""
    environment = _environment()
    digest = hashlib.sha256(repr(page).encode("utf-8", "backslashreplace"))
    for name in environment.list_templates():
        if environment.loader is not None:
            digest.update(environment.loader.get_source(environment, name)[0].encode())
    return digest.hexdigest()


def render(page: Page, pictures: Mapping[str, Sequence[ExamplePicture]], digest: str) -> bytes:
    """The page as UTF-8. ``pictures`` are found by clip id. Paths that aren't valid text are written with escapes."""
    environment = _environment()
    marker = Markup('<meta name="content-digest" content="{}">').format(digest)
    html = environment.get_template(TEMPLATE).render(page=page, pictures=pictures, marker=marker)
    return html.encode("utf-8", "backslashreplace")
