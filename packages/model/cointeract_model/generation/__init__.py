"""Generation: person, product, prompts and sound to video, clip by clip.

Each step has its own module, in the order in which they run: `prepare`, `encode`, `denoise`, `decode`, `write`; `generate` is the
loop over clips. `settings` says how a video is made, `request` of what.
"""
