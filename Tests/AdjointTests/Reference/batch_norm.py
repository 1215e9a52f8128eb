"""Three steps of gradient descent through batch normalization by PyTorch 2.13, float64.

    python batch_norm.py > batch_norm.txt

Each line: a name, then its values after the steps; the last one is the layer's output in evaluation.
"""
import torch

x = torch.tensor([[(7 * i + 3 * j) % 11 / 4 - 1 + j for j in range(3)] for i in range(6)], dtype=torch.float64)
t = torch.tensor([[(5 * i + j) % 7 / 3 for j in range(3)] for i in range(6)], dtype=torch.float64)
layer = torch.nn.BatchNorm1d(3, dtype=torch.float64)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    ((layer(x) - t) ** 2).mean().backward()
    optimizer.step()
for name, value in [("gain", layer.weight), ("bias", layer.bias), ("runningMean", layer.running_mean),
                    ("runningVariance", layer.running_var), ("evaluated", layer.eval()(x))]:
    print(name, *(repr(v) for v in value.detach().flatten().tolist()))
