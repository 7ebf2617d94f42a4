"""Engines: the same chain of stages in this process or on Ray Data."""
