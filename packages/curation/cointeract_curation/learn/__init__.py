"""Training of the small networks that come with the package, on footage that `synth` renders."""
