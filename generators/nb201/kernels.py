"""Forward and backward passes of the operations, on images `(n, h, w, c)` with the channels last.

Elementwise work runs over long rows (several pixels of all channels each): a broadcast over 8 channels alone costs five times as much.
"""

import torch
from torch import Tensor

__all__ = ["box_mean", "channel_sum", "conv", "conv_backward", "relu_backward_", "tile", "wide"]

_ROW = 128
_aten = torch.ops.aten


def wide(x: Tensor) -> Tensor:
    """A view of `(n, h, w, c)` in the shape `(rows, k c)` with k c about 128."""
    channels = x.shape[-1]
    k = max(1, _ROW // channels)
    while x.numel() % (k * channels):
        k //= 2
    return x.view(-1, k * channels)


def channel_sum(rows: Tensor, channels: int) -> Tensor:
    """The sum over all pixels of a :func:`wide` view, shape `(channels,)`."""
    return rows.sum(0).view(-1, channels).sum(0)


def tile(v: Tensor, rows: Tensor) -> Tensor:
    """A value for each channel, `(c,)`, repeated along a row of a :func:`wide` view, `(k c,)` (Tensor.repeat takes twice the time)."""
    return v.expand(rows.shape[1] // len(v), len(v)).reshape(-1)


def conv(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1) -> Tensor:
    """Convolution with zero padding `kernel // 2`: `(n, h, w, c_in)` by `(c_out, c_in, kernel, kernel)` to `(n, h / stride, w / stride, c_out)`."""
    pad = weight.shape[-1] // 2
    y = _aten.convolution(x.permute(0, 3, 1, 2), weight, bias, [stride, stride], [pad, pad], [1, 1], False, [0, 0], 1)
    return y.permute(0, 2, 3, 1).contiguous()


def conv_backward(g: Tensor, x: Tensor, weight: Tensor, stride: int = 1, needs_input: bool = True) -> tuple[Tensor | None, Tensor]:
    """The gradients of the input (None where it is not needed) and of the weight, in their shapes; `g` is that of the output."""
    pad = weight.shape[-1] // 2
    gx, gw, _ = _aten.convolution_backward(
        g.permute(0, 3, 1, 2), x.permute(0, 3, 1, 2), weight, None, [stride, stride], [pad, pad], [1, 1], False, [0, 0], 1,
        [needs_input, True, False],
    )  # fmt: skip
    return gx.permute(0, 2, 3, 1).contiguous() if needs_input else None, gw


def relu_backward_(g: Tensor, y: Tensor) -> Tensor:
    """`g` where the ReLU's output `y`, of the same shape, is positive, else 0; in place of `g`."""
    return _aten.threshold_backward.grad_input(g, y, 0, grad_input=g)


def box_mean(x: Tensor, inverse_count: Tensor, transposed: bool = False) -> Tensor:
    """The average over 3x3 windows that leaves pixels outside the image out, or its transpose, in the shape of the images.

    Arguments:
        x: Images `(n, h, w, c)`.
        inverse_count: 1 / pixels in each window, repeated for the channels, shape `(h w c,)`.
        transposed: Whether to apply the transposed map, as the gradient needs.
    """
    n, height, width, channels = x.shape
    if transposed:
        x = (x.view(n, -1) * inverse_count).view(x.shape)
    rows = x.view(n, height, width * channels)
    tall = rows.clone()
    tall[:, 1:] += rows[:, :-1]
    tall[:, :-1] += rows[:, 1:]
    out = tall.clone()
    out[:, :, channels:] += tall[:, :, :-channels]
    out[:, :, :-channels] += tall[:, :, channels:]
    if not transposed:
        out.view(n, -1).mul_(inverse_count)
    return out.view(x.shape)
