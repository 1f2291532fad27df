"""Layers with their own backward pass: batch normalisation, and convolution with it.

A layer keeps what its backward pass needs from one `forward` to the next `backward`; `fold` prepares `evaluate`.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from generators.nb201.draws import initial
from generators.nb201.kernels import channel_sum, conv, conv_backward, tile, wide
from generators.nb201.memory import Memory
from generators.nb201.spec import NB201Spec

__all__ = ["ConvNorm", "Norm"]

_EPSILON = 1e-5
_MOMENTUM = 0.1


class Norm:
    """Batch normalisation of `channels` channels: `output = x * scale + shift`, after `observe` or `fold`.

    In train mode the output does not change when a constant is subtracted from a channel. Whoever computes `x` subtracts :attr:`guess`,
    the running mean: a convolution does that for nothing, and then the variance is safely the mean square minus the squared mean.
    """

    def __init__(self, memory: Memory, channels: int) -> None:
        self.channels = channels
        self.weight, self.bias = memory.add((channels,), 1.0), memory.add((channels,), 0.0)
        self._running_mean, self._running_var = memory.statistic(channels, 0.0), memory.statistic(channels, 1.0)
        self.scale = self.shift = torch.empty(0)

    @property
    def guess(self) -> Tensor:
        """What to subtract from the input in train mode, shape `(channels,)`."""
        return self._running_mean

    def observe(self, x: Tensor) -> None:
        """Take the statistics of a batch `(n, h, w, channels)` from which `guess` was subtracted."""
        rows, channels = wide(x), self.channels
        n = x.numel() // channels
        self._mean = channel_sum(rows, channels).mul_(1.0 / n)
        var = channel_sum(rows * rows, channels).mul_(1.0 / n).addcmul_(self._mean, self._mean, value=-1.0).clamp_min_(0.0)
        self._inverse_std = torch.rsqrt(var + _EPSILON)
        self.scale = self.weight.value * self._inverse_std
        self.shift = torch.addcmul(self.bias.value, self._mean, self.scale, value=-1.0)
        self._running_mean.add_(self._mean, alpha=_MOMENTUM)  # the batch's mean is this one plus the running mean
        self._running_var.mul_(1.0 - _MOMENTUM).add_(var, alpha=_MOMENTUM * n / max(n - 1, 1))

    def apply(self, x: Tensor) -> Tensor:
        """The layer's output of the batch that `observe` saw, `(n, h, w, channels)` to the same."""
        rows = wide(x)
        return torch.addcmul(tile(self.shift, rows), rows, tile(self.scale, rows)).view(x.shape)

    def backward(self, g: Tensor, x: Tensor, g_sum: Tensor | None = None) -> Tensor:
        """The gradient of the input **divided by `scale`**, in place of `x`; writes the gradients of weight and bias.

        Arguments:
            g: The gradient of the output, `(n, h, w, channels)`.
            x: The input that `observe` saw, of the same shape.
            g_sum: The sum of `g` over the pixels where it is known, `(channels,)`.
        """
        g_rows, rows, channels = wide(g), wide(x), self.channels
        n = g.numel() // channels
        g_sum = channel_sum(g_rows, channels) if g_sum is None else g_sum
        product = channel_sum(g_rows * rows, channels).addcmul_(self._mean, g_sum, value=-1.0)
        torch.mul(product, self._inverse_std, out=self.weight.grad)
        self.bias.grad.copy_(g_sum)
        slope = product.mul_(self._inverse_std.square()).mul_(-1.0 / n)
        offset = torch.addcmul(g_sum / -n, slope, self._mean, value=-1.0)
        torch.addcmul(tile(offset, rows), rows, tile(slope, rows), out=rows)
        rows += g_rows
        return x

    def fold(self) -> None:
        """Prepare `scale` and `shift`, `(channels,)` each, for evaluation with the running statistics."""
        self.scale = self.weight.value * torch.rsqrt(self._running_var + _EPSILON)
        self.shift = self.bias.value - self._running_mean * self.scale


class ConvNorm:
    """Convolutions of one input, side by side, each with its batch normalisation: `(n, h, w, c_in)` to `(n, h / stride, w / stride, c)`.

    `c` is c_out for each of the slots, in their order.

    Arguments:
        memory: Where the parameters live.
        spec: The run.
        slots: The INIT streams of the convolutions.
        c_in: Input channels.
        c_out: Output channels of each.
        kernel: 1 or 3.
        stride: 1 or 2.
        needs_input: Whether the gradient of the input is needed.
    """

    def __init__(
        self,
        memory: Memory,
        spec: NB201Spec,
        slots: Sequence[int],
        c_in: int,
        c_out: int,
        kernel: int,
        stride: int = 1,
        needs_input: bool = True,
    ) -> None:
        fan_in = c_in * kernel * kernel
        values = [initial(spec.stream, slot, c_out * fan_in, fan_in) for slot in slots]
        self.weight = memory.add((len(slots) * c_out, c_in, kernel, kernel), np.concatenate(values))
        self.norm = Norm(memory, len(slots) * c_out)
        self._stride, self._needs_input = stride, needs_input

    def forward(self, x: Tensor) -> Tensor:
        """The input of the normalisation, which has seen it, in the shape of the output; `norm.apply` makes it the layer's output."""
        self._input = x
        self._output = conv(x, self.weight.value, -self.norm.guess, self._stride)
        self.norm.observe(self._output)
        return self._output

    def backward(self, g: Tensor, g_sum: Tensor | None = None) -> Tensor | None:
        """The gradient of the input, None where it is not needed, from that of the output and its sum `(c,)`, None where not known.

        The normalisation's scale is applied to the small weights, not to the images.
        """
        dz = self.norm.backward(g, self._output, g_sum)
        scale = self.norm.scale.view(-1, 1, 1, 1)
        gx, gw = conv_backward(dz, self._input, self.weight.value * scale, self._stride, self._needs_input)
        torch.mul(gw, scale, out=self.weight.grad)
        return gx

    def fold(self) -> None:
        """Prepare `evaluate`."""
        self.norm.fold()
        self._folded = self.weight.value * self.norm.scale.view(-1, 1, 1, 1)

    def evaluate(self, x: Tensor) -> Tensor:
        """The layer's output in eval mode, after `fold`."""
        return conv(x, self._folded, self.norm.shift, self._stride)
