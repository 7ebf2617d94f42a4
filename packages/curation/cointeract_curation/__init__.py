"""Curation: raw livestream videos to validated, trainable samples.

``core`` holds what a stage, an outcome and a data set on disk are; ``media`` opens and writes video and audio; ``stages`` measure;
``engine`` runs them, in this process or on Ray. Importing this package imports none of the heavy libraries.
"""
