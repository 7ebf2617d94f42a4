"""The sample contract of a CoInteract data set: records, WebDataset shards, manifest, lint, exchange.

Modules are imported by name (`cointeract_shards.records`, `.tar_writer`, `.reader`, `.manifest`, `.lint`, ...), so
that a program pays only for what it uses.
"""

from __future__ import annotations

__version__ = "0.1.0"
