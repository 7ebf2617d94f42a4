"""Checkpoints: the names of tensors in the released files and in ours."""
