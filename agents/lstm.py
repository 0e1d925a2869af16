"""An LSTM over whole rollouts: nn.LSTM's numbers and parameters, with resets inside and a backward pass of its own.

nn.LSTM can't forget at an episode's end, so a rollout would have to be cut into fragments. Here `keep` blanks the
memory between two steps. Only what is sequential (a step's product, and the gates) runs in the loop over time; the
gradients of the weights are one large product.

In bfloat16 a step is a single product of [h, x, 1] with all weights: what cancels between h and x (where the agent was,
where it is) then cancels in the product's float32 sum, and only the difference is rounded.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor


class LstmState(NamedTuple):
    """An LSTM's state: h and c, of one shape."""

    h: Tensor
    c: Tensor


class Recurrence(torch.autograd.Function):
    """One LSTM layer over time."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, x_t: Tensor, weight: Tensor, h_0: Tensor, c_0: Tensor, keep_t: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run over time.

        Args:
            x_t: inputs `[time, env, input]`; their type is that of the products.
            weight: `[4 hidden, hidden + input + 1]`: W_hh, W_ih and the bias side by side, rows in nn.LSTM's order i,
                f, g, o; of the type of `x_t`.
            h_0, c_0: `[env, hidden]` float32, the memory before the first step.
            keep_t: `[time, env, 1]` float32, 0 where the memory is blanked before the step, else 1.

        Returns:
            h after every step `[time, env, hidden]`, of the type of `x_t`, and c after every step, float32.
        """
        n_steps, n, n_inputs = x_t.shape
        hidden = h_0.shape[1]
        z_t = x_t.new_ones(n_steps, n, hidden + n_inputs + 1)
        z_t[..., hidden:-1] = x_t
        s_t = c_0.new_empty(n_steps, n, 4 * hidden)
        c_t, c_in_t, tanh_c_t = (c_0.new_empty(n_steps, n, hidden) for _ in range(3))
        h_t, product = x_t.new_empty(n_steps, n, hidden), x_t.new_empty(n, 4 * hidden)
        h, c, w = h_0, c_0, weight.t()
        for t in range(n_steps):
            torch.mul(h, keep_t[t], out=z_t[t, :, :hidden])
            torch.mul(c, keep_t[t], out=c_in_t[t])
            s = s_t[t].copy_(torch.mm(z_t[t], w, out=product))
            i, f, g, o = s.chunk(4, 1)
            g.mul_(2.0)
            s.sigmoid_()
            g.mul_(2.0).sub_(1.0)  # tanh(x) = 2 sigmoid(2x) - 1, several times as fast
            c = torch.mul(f, c_in_t[t], out=c_t[t]).addcmul_(i, g)
            tanh_c = torch.mul(c, 2.0, out=tanh_c_t[t]).sigmoid_().mul_(2.0).sub_(1.0)
            h = torch.mul(o, tanh_c, out=h_t[t])
        ctx.save_for_backward(s_t, c_in_t, tanh_c_t, z_t, weight, keep_t)
        ctx.mark_non_differentiable(c_t)
        return h_t, c_t

    @staticmethod
    def backward(ctx: Any, d_h_t: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """The gradients of x_t and weight; the memory before the rollout counts as given."""
        s_t, c_in_t, tanh_c_t, z_t, weight, keep_t = ctx.saved_tensors
        n_steps, n, hidden = c_in_t.shape
        w_hh, w_ih = weight[:, :hidden], weight[:, hidden:-1]
        d_gates_t = z_t.new_empty(s_t.shape)
        d_h, d_c, d, e = (s_t.new_zeros(n, hidden) for _ in range(4))
        d_s, d_product = torch.empty_like(s_t[0]), z_t.new_empty(n, hidden)
        d_i, d_f, d_g, d_o = d_s.chunk(4, 1)
        for t in range(n_steps - 1, -1, -1):
            i, f, g, o = s_t[t].chunk(4, 1)
            tanh_c = tanh_c_t[t]
            d_h.add_(d_h_t[t])
            torch.mul(d_h, o, out=d)
            torch.mul(d, tanh_c, out=e)
            torch.addcmul(e, e, o, value=-1.0, out=d_o)
            d_c.add_(d.addcmul_(e, tanh_c, value=-1.0))
            torch.mul(d_c, i, out=d)
            torch.mul(d, g, out=e)
            torch.addcmul(e, e, i, value=-1.0, out=d_i)
            torch.addcmul(d, e, g, value=-1.0, out=d_g)
            torch.mul(d_c, f, out=e)
            torch.mul(e, c_in_t[t], out=d)
            torch.addcmul(d, d, f, value=-1.0, out=d_f)
            d_gates_t[t] = d_s
            torch.mul(e, keep_t[t], out=d_c)
            torch.mm(d_gates_t[t], w_hh, out=d_product)
            torch.mul(d_product, keep_t[t], out=d_h)
        flat = d_gates_t.flatten(0, 1)
        d_x_t = (flat @ w_ih).view(n_steps, n, -1) if ctx.needs_input_grad[0] else None
        return d_x_t, flat.t() @ z_t.flatten(0, 1), None, None, None
