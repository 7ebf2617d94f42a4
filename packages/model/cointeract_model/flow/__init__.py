"""Flow matching: schedule, training draws, loss weights, solvers, guidance.

Noise level `sigma` runs from 1 (noise) to 0 (data) along `x = (1 - sigma) * data + sigma * noise`; the model predicts the
velocity `dx / dsigma = noise - data`. `timestep = 1000 * sigma`, as Wan counts it.
"""
