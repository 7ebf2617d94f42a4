"""What happens beside training: figures, samples, saved states."""
