"""Small pieces of SVG, as markup that a template takes as it is. All values are escaped.

The charts are drawn by hand rather than by a plotting library: a static bar chart is forty rectangles, its colours have to follow
the page into dark mode, and a library would add a second to every run and ten times the bytes to the page.
"""

from __future__ import annotations

from markupsafe import Markup, escape

DECIMALS = 1


def coordinate(value: float) -> str:
    """A length in user units, as short as it can be."""
    text = f"{value:.{DECIMALS}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def element(tag: str, content: str | Markup = "", **attributes: str | float) -> Markup:
    """One element. Underscores in attribute names become hyphens, and a trailing one is dropped (``class_``)."""
    written = []
    for name, value in attributes.items():
        text = value if isinstance(value, str) else coordinate(value)
        written.append(Markup(' {}="{}"').format(Markup(name.rstrip("_").replace("_", "-")), text))
    head = Markup("<{}{}").format(Markup(tag), Markup("").join(written))
    return head + (Markup(">") + escape(content) + Markup("</{}>").format(Markup(tag)) if content else Markup("/>"))


def picture(width: float, height: float, content: Markup, label: str, class_: str, *, stretch: bool = False) -> Markup:
    """An ``svg`` element of ``width`` x ``height`` user units that scales with its place, in both directions alike unless ``stretch``.

    ``label`` is read to those who can't see it.
    """
    return element(
        "svg",
        content,
        class_=class_,
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        preserveAspectRatio="none" if stretch else "xMidYMid",
        role="img",
        aria_label=label,
    )
