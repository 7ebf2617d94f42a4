"""The dual-stream (RGB and HOI) diffusion transformer of CoInteract: model, codecs, flow matching, generation."""
