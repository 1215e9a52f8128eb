"""Losses and their derivatives by PyTorch 2.13, float64.

    python losses.py > losses.txt

Each line: a name, the loss, then its derivative by each logit.
"""
import torch
import torch.nn.functional as F

z = torch.tensor([[0.5, -1.25, 2.0], [3.0, 0.1, -0.2]], dtype=torch.float64, requires_grad=True)
t = torch.tensor([[0.4, 1.0, -0.5], [0.0, 0.1, 2.5]], dtype=torch.float64)
p = torch.tensor([[0.2, 0.8, 0.0], [0.5, 0.25, 0.25]], dtype=torch.float64)
b = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]], dtype=torch.float64)

for name, loss in [
    ("absolute", F.l1_loss(z, t)),
    ("huber", F.huber_loss(z, t)),
    ("huber-0.5", F.huber_loss(z, t, delta=0.5)),
    ("hinge", torch.clamp(1 - (2 * b - 1) * z, min=0).mean()),
    ("kl", F.kl_div(F.log_softmax(z, dim=1), p, reduction="batchmean")),
]:
    (gradient,) = torch.autograd.grad(loss, z)
    print(name, repr(loss.item()), *(repr(x) for x in gradient.flatten().tolist()))
