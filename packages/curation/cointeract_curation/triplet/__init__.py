"""What makes a triplet (clip, person without the product, product alone) a good one: the evidence and the measured checks.

Used by the stage `references`, which screens its own candidates, and by `validate`, which scores what was kept.
"""
