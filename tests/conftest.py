"""One thread per process: many of these networks are so small that threads waiting for each other cost more than the arithmetic."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

torch.set_num_threads(1)
