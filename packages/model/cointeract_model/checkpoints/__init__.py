"""Checkpoints: the released files and our own, read, written and checked."""
