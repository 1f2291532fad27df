"""Training of multilayer perceptrons: the reference loop, and the kernels that are equal to it and faster."""
