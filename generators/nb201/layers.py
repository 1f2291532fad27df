"""Layers with their own backward pass: convolution with batch normalisation, and the linear head.

A layer keeps what its backward pass needs from one `forward` to the next `backward`; `fold` prepares `evaluate`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from generators.nb201.draws import initial
from generators.nb201.kernels import channel_sum, conv, conv_backward, wide
from generators.nb201.memory import Memory
from generators.nb201.spec import NB201Spec

__all__ = ["ConvNorm", "Norm"]

_EPSILON = 1e-5
_MOMENTUM = 0.1


class Norm:
    """Batch normalisation of `channels` channels."""

    def __init__(self, memory: Memory, channels: int) -> None:
        self.channels = channels
        self.weight, self.bias = memory.add((channels,), 1.0), memory.add((channels,), 0.0)
        self.running_mean = torch.zeros(channels, dtype=memory.dtype)
        self.running_var = torch.ones(channels, dtype=memory.dtype)
        self.scale = torch.empty(0)
        """Weight over standard deviation: of the last batch after `centre`, of the running statistics after `fold`."""

    def centre(self, x: Tensor) -> Tensor:
        """Subtract the batch's mean in place, and take the batch's statistics; the layer's output is `x * scale + bias`."""
        rows, channels = wide(x), self.channels
        n, k = x.numel() // channels, rows.shape[1] // channels
        mean = channel_sum(rows, channels) / n
        rows -= mean.repeat(k)
        var = channel_sum(rows * rows, channels) / n
        self._inverse_std = torch.rsqrt(var + _EPSILON)
        self.scale = self.weight.value * self._inverse_std
        self.running_mean.lerp_(mean, _MOMENTUM)
        self.running_var.mul_(1.0 - _MOMENTUM).add_(var, alpha=_MOMENTUM * n / max(n - 1, 1))
        return x

    def apply(self, centred: Tensor, out: Tensor | None = None) -> Tensor:
        """The layer's output from the centred input."""
        rows = wide(centred)
        k = rows.shape[1] // self.channels
        target = None if out is None else wide(out)
        return torch.addcmul(self.bias.value.repeat(k), rows, self.scale.repeat(k), out=target).view(centred.shape)

    def backward(self, g: Tensor, centred: Tensor) -> Tensor:
        """The gradient of the input **divided by `scale`**, in place of `centred`; writes the gradients of weight and bias."""
        g_rows, rows, channels = wide(g), wide(centred), self.channels
        n, k = g.numel() // channels, rows.shape[1] // channels
        g_sum, product = channel_sum(g_rows, channels), channel_sum(g_rows * rows, channels)
        torch.mul(product, self._inverse_std, out=self.weight.grad)
        self.bias.grad.copy_(g_sum)
        slope = product * self._inverse_std.square() / -n
        torch.addcmul((g_sum / -n).repeat(k), rows, slope.repeat(k), out=rows)
        rows += g_rows
        return centred

    def fold(self) -> None:
        """Prepare `scale` and :attr:`shift` for evaluation with the running statistics."""
        self.scale = self.weight.value * torch.rsqrt(self.running_var + _EPSILON)
        self.shift = self.bias.value - self.running_mean * self.scale


class ConvNorm:
    """Convolutions of one input, side by side, each with its batch normalisation.

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
        self, memory: Memory, spec: NB201Spec, slots: Sequence[int], c_in: int, c_out: int, kernel: int, stride: int = 1, needs_input: bool = True
    ) -> None:
        fan_in = c_in * kernel * kernel
        values = [initial(spec.stream, slot, c_out * fan_in, fan_in) for slot in slots]
        self.weight = memory.add((len(slots) * c_out, c_in, kernel, kernel), torch.cat([torch.from_numpy(v) for v in values]).numpy())
        self.norm = Norm(memory, len(slots) * c_out)
        self._stride, self._needs_input = stride, needs_input

    def forward(self, x: Tensor) -> Tensor:
        """The centred output of the convolution; `norm.apply` makes it the layer's output."""
        self._input = x
        self._centred = self.norm.centre(conv(x, self.weight.value, stride=self._stride))
        return self._centred

    def backward(self, g: Tensor) -> Tensor | None:
        """The gradient of the input; the normalisation's scale is applied to the small weights, not to the images."""
        dz = self.norm.backward(g, self._centred)
        scale = self.norm.scale.view(-1, 1, 1, 1)
        gx, gw = conv_backward(dz, self._input, self.weight.value * scale, self._stride, self._needs_input)
        torch.mul(gw, scale, out=self.weight.grad)
        return gx

    def fold(self) -> None:
        """Prepare `evaluate`."""
        self.norm.fold()
        self._folded = self.weight.value * self.norm.scale.view(-1, 1, 1, 1)

    def evaluate(self, x: Tensor) -> Tensor:
        """The layer's output in eval mode."""
        return conv(x, self._folded, self.norm.shift, self._stride)
