"""The inspector: a web application, on this machine alone, that shows and reviews a data set.

`serve.serve` runs it, `app.make_app` builds it, `static_folder.write` writes a folder that opens without it.
"""

from __future__ import annotations

__version__ = "0.1.0"
