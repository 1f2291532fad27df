"""Networks of the NAS-Bench-201 space and their training."""
