"""Rendering of body meshes: which triangle each pixel shows, how far away, and how it is lit."""
