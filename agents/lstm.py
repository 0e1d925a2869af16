"""An LSTM over whole rollouts: nn.LSTM's numbers and parameters, with resets inside and a backward pass of its own.

nn.LSTM can't forget at an episode's end, so a rollout would have to be cut into fragments. Here `keep` blanks the
memory between two steps. Only what is sequential (a step's product with W_hh, and the gates) runs in the loop over
time; the gradients of the weights are one large product each.
"""

from typing import Any

import torch
from torch import Tensor


class Recurrence(torch.autograd.Function):
    """One LSTM layer, given the inputs' share of the gates."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, gates_t: Tensor, w_hh: Tensor, h_0: Tensor, c_0: Tensor, keep_t: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run over time.

        Args:
            gates_t: `[time, env, 4 hidden]`, W_ih x + b, nn.LSTM's order i, f, g, o; the products are of its type.
            w_hh: `[4 hidden, hidden]`. h_0, c_0: `[env, hidden]` float32, the memory before the first step.
            keep_t: `[time, env, 1]` float32, 0 where the memory is blanked before the step, else 1.

        Returns:
            h after every step `[time, env, hidden]`, of gates_t's type, and c after every step, float32.
        """
        n_steps, n, hidden = *gates_t.shape[:2], h_0.shape[1]
        w = w_hh.to(gates_t.dtype).t()
        s_t = torch.empty(gates_t.shape, dtype=torch.float32, device=gates_t.device)
        c_t, tanh_c_t = (s_t.new_empty(n_steps, n, hidden) for _ in range(2))
        h_t = gates_t.new_empty(n_steps, n, hidden)
        h_in_t = torch.empty_like(h_t)
        c_in_t = torch.empty_like(c_t)
        product = gates_t.new_empty(n, 4 * hidden)
        h, c = h_0, c_0
        for t in range(n_steps):
            torch.mul(h, keep_t[t], out=h_in_t[t])
            torch.mul(c, keep_t[t], out=c_in_t[t])
            torch.addmm(gates_t[t], h_in_t[t], w, out=product)
            s = s_t[t].copy_(product)
            i, f, g, o = s.chunk(4, 1)
            g.mul_(2.0)
            s.sigmoid_()
            g.mul_(2.0).sub_(1.0)  # tanh(x) = 2 sigmoid(2x) - 1, several times as fast
            c = torch.mul(f, c_in_t[t], out=c_t[t]).addcmul_(i, g)
            tanh_c = torch.mul(c, 2.0, out=tanh_c_t[t]).sigmoid_().mul_(2.0).sub_(1.0)
            h = torch.mul(o, tanh_c, out=h_t[t])
        ctx.save_for_backward(s_t, c_in_t, tanh_c_t, h_in_t, w_hh, keep_t)
        ctx.mark_non_differentiable(c_t)
        return h_t, c_t

    @staticmethod
    def backward(ctx: Any, d_h_t: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """The gradients of gates_t and w_hh; the memory before the rollout counts as given."""
        s_t, c_in_t, tanh_c_t, h_in_t, w_hh, keep_t = ctx.saved_tensors
        n_steps, n, hidden = c_in_t.shape
        w = w_hh.to(h_in_t.dtype)
        d_gates_t = h_in_t.new_empty(s_t.shape)
        d_h, d_c, d, e = (s_t.new_zeros(n, hidden) for _ in range(4))
        d_s, d_product = torch.empty_like(s_t[0]), h_in_t.new_empty(n, hidden)
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
            torch.mm(d_gates_t[t], w, out=d_product)
            torch.mul(d_product, keep_t[t], out=d_h)
        d_w_hh = d_gates_t.flatten(0, 1).t() @ h_in_t.flatten(0, 1)
        return d_gates_t, d_w_hh.to(w_hh.dtype), None, None, None
