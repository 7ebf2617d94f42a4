"""Codecs: video frames, prompts and sound to what the transformer takes, and latents back to frames.

Each kind has a protocol (`protocols`), an embedded codec that needs no weights, and the released model's own. `config` names them,
`build` makes them; heavy libraries are imported where they are used.
"""
