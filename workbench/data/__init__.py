"""Images and labels: where they come from, how a batch is taken of them, and noise. They are tensors throughout."""
