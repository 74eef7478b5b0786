#!/usr/bin/python3
"""What a PyTorch user gets: one training step of each two-task classifier, on one CPU thread, written op by op.

Needs Debian's python3-torch (apt-get install -y python3-torch python3-numpy). Prints one JSON object:
  {"model": {"update_ms": median, "cpu_ms": median of the processor's own time, "parameters": n}, ...}

A step is forward, backward and Adam on a batch of 128 random 36 x 36 images with two labels, settings `published`:
the image is projected at every tick, as the op-by-op form has it, 15 ticks (s-lif2hh-conv: 10).
Run it on the same machine and in the same minutes as the program it is compared with.

usage: torch_multitask.py [model ...] [--steps N]
"""
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
BATCH, SIDE = 128, 36


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, width):
        ctx.save_for_backward(x)
        ctx.width = width
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() < ctx.width), None


class FastSigmoidSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, width, height):
        ctx.save_for_backward(x)
        ctx.width, ctx.height = width, height
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * ctx.height / (1 + x.abs() / ctx.width) ** 2, None, None


class Lif(nn.Module):
    """v <- d v (1 - s) + I."""

    planes_in = planes_out = 1

    def __init__(self, shape, decay=0.2, threshold=0.3, lens=0.5):
        super().__init__()
        self.decay, self.threshold, self.lens = decay, threshold, lens

    def rest(self, like):
        return torch.zeros_like(like), torch.zeros_like(like)

    def tick(self, currents, state):
        v, s = state
        v = self.decay * v * (1 - s) + currents[0]
        s = Spike.apply(v - self.threshold, self.lens)
        return [s], (v, s)


class SLif2Hh(nn.Module):
    """Three LIFs with a projection each and a fourth fed by their membranes of the tick before."""

    planes_in, planes_out = 3, 4

    def __init__(self, shape, decay=0.5, threshold=2.0, lens=0.4, inner=None):
        super().__init__()
        self.decay, self.threshold, self.lens = decay, threshold, lens
        self.inner = inner if inner is not None else nn.Linear(3, 1)

    def rest(self, like):
        zeros = [torch.zeros_like(like) for _ in range(4)]
        return zeros, zeros

    def tick(self, currents, state):
        v, s = state
        fed = self.inner(torch.stack(v[:3], dim=-1)).squeeze(-1)
        v = [self.decay * a * (1 - b) + i for a, b, i in zip(v, s, [*currents, fed])]
        s = [Spike.apply(a - self.threshold, self.lens) for a in v]
        return s, (v, s)


class HhPublished(nn.Module):
    """Four state variables a neuron, forward Euler, gate rates that do not depend on the voltage (as published)."""

    planes_in = planes_out = 1

    def __init__(self, shape, dt=0.01, coe=0.01, threshold=0.2, lens=0.3, detach=False):
        super().__init__()
        self.dt, self.threshold, self.lens, self.detach = dt, threshold, lens, detach
        self.register_buffer("rates", coe * torch.rand(6, shape[-1]))

    def rest(self, like):
        return (torch.zeros_like(like),) * 4

    def tick(self, currents, state):
        v, n, m, h = state
        an, bn, am, bm, ah, bh = self.rates
        ionic = 120 * h * m**3 * (v - 115) + 36 * n**4 * (v + 12) + 0.3 * (v - 10.6)
        if self.detach:
            ionic = ionic.detach()
        v_next = v + (currents[0] - ionic) * self.dt
        n = n + (an * (1 - n) - bn * n) * self.dt
        m = m + (am * (1 - m) - bm * m) * self.dt
        h = h + (ah * (1 - h) - bh * h) * self.dt
        return [Spike.apply(v_next - self.threshold, self.lens)], (v_next, n, m, h)


class Hh(nn.Module):
    """Biophysical Hodgkin-Huxley, staggered exponential Euler, SUBSTEPS of DT_MS a tick."""

    planes_in = planes_out = 1
    SUBSTEPS, DT_MS, GAIN, OFFSET = 4, 0.5, 10.0, 5.0

    def __init__(self, shape):
        super().__init__()

    def rest(self, like):
        return tuple(torch.full_like(like, x) for x in (-65.0, 0.052932, 0.596121, 0.317677))

    def tick(self, currents, state):
        v, m, h, n = state
        drive = self.GAIN * currents[0] + self.OFFSET
        spikes = 0

        def relax(y, rest, rate):
            return rest + (y - rest) * torch.exp(-self.DT_MS * rate)

        def gate(y, alpha, beta):
            return relax(y, alpha / (alpha + beta), alpha + beta)

        def ratio(x):
            return torch.where(x.abs() < 1e-4, 1 - x / 2, x / torch.expm1(x))

        for _ in range(self.SUBSTEPS):
            below = (v <= 0).to(v.dtype)
            m = gate(m, ratio(-(v + 40) / 10), 4 * torch.exp(-(v + 65) / 18))
            h = gate(h, 0.07 * torch.exp(-(v + 65) / 20), torch.sigmoid((v + 35) / 10))
            n = gate(n, 0.1 * ratio(-(v + 55) / 10), 0.125 * torch.exp(-(v + 65) / 80))
            g_na, g_k = 120 * m**3 * h, 36 * n**4
            total = g_na + g_k + 0.3
            v = relax(v, (g_na * 50 - g_k * 77 - 0.3 * 54.387 + drive) / total, total)
            spikes = spikes + below * FastSigmoidSpike.apply(v, 20.0, 0.05)
        return [spikes], (v, m, h, n)


class Ann(nn.Module):
    planes_in = planes_out = 1

    def __init__(self, shape):
        super().__init__()

    def rest(self, like):
        return None

    def tick(self, currents, state):
        return [Spike.apply(F.relu(currents[0]) - 0.5, 0.5)], state


class FullyConnected(nn.Module):
    def __init__(self, neuron, units, ticks=15):
        super().__init__()
        self.neuron, self.ticks = neuron((units,)), ticks
        self.project = nn.ModuleList(nn.Linear(SIDE * SIDE, units) for _ in range(self.neuron.planes_in))
        self.heads = Heads(units * self.neuron.planes_out)

    def forward(self, images):
        x = images.flatten(1)
        state, total = None, 0
        for _ in range(self.ticks):
            currents = [p(x) for p in self.project]
            state = self.neuron.rest(currents[0]) if state is None else state
            spikes, state = self.neuron.tick(currents, state)
            total = total + torch.cat(spikes, 1)
        return self.heads(total / self.ticks)


class Convolutional(nn.Module):
    def __init__(self, neuron, channels, ticks=15):
        super().__init__()
        self.ticks = ticks
        self.neurons = nn.ModuleList([neuron((channels, SIDE, SIDE)), neuron((channels, SIDE // 2, SIDE // 2))])
        planes = self.neurons[0].planes_in
        self.first = nn.ModuleList(nn.Conv2d(1, channels, 3, padding=1) for _ in range(planes))
        self.second = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(planes))
        self.heads = Heads(self.neurons[0].planes_out * channels * (SIDE // 4) ** 2)

    def forward(self, images):
        x = images.unsqueeze(1)
        one, two, total = None, None, 0
        for _ in range(self.ticks):
            currents = [c(x) for c in self.first]
            one = self.neurons[0].rest(currents[0]) if one is None else one
            spikes, one = self.neurons[0].tick(currents, one)
            pooled = [F.avg_pool2d(s, 2) for s in spikes]
            if len(self.second) > 1:
                pooled = [p + pooled[-1] for p in pooled[:-1]]
            currents = [c(p) for c, p in zip(self.second, pooled)]
            two = self.neurons[1].rest(currents[0]) if two is None else two
            spikes, two = self.neurons[1].tick(currents, two)
            total = total + torch.cat([F.avg_pool2d(s, 2) for s in spikes], 1)
        return self.heads((total / self.ticks).flatten(1))


class Cnn(nn.Module):
    def __init__(self, channels=10):
        super().__init__()
        self.first = nn.Conv2d(1, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.heads = Heads(channels * (SIDE // 4) ** 2)

    def forward(self, images):
        x = F.avg_pool2d(F.relu(self.first(images.unsqueeze(1))), 2)
        return self.heads(F.avg_pool2d(F.relu(self.second(x)), 2).flatten(1))


class Heads(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.embedding, self.one, self.two = nn.Linear(features, 50), nn.Linear(50, 10), nn.Linear(50, 10)

    def forward(self, x):
        x = self.embedding(x)
        return self.one(x), self.two(x)


def shared_s_lif2hh():
    inner = nn.Linear(3, 1)
    return lambda shape: SLif2Hh(shape, decay=0.2, threshold=0.3, inner=inner)


MODELS = {
    "lif-fc": lambda: FullyConnected(Lif, 512),
    "4lif-fc": lambda: FullyConnected(Lif, 2048),
    "s-lif2hh-fc": lambda: FullyConnected(SLif2Hh, 512),
    "hh-published-fc": lambda: FullyConnected(HhPublished, 512),
    "hh-fc": lambda: FullyConnected(Hh, 512),
    "ann-fc": lambda: FullyConnected(Ann, 512),
    "lif-conv": lambda: Convolutional(Lif, 10),
    "4lif-conv": lambda: Convolutional(Lif, 40),
    "s-lif2hh-conv": lambda: Convolutional(shared_s_lif2hh(), 10, ticks=10),
    "hh-published-conv": lambda: Convolutional(
        lambda shape: HhPublished(shape, dt=0.1, threshold=2.3, lens=0.5, detach=True), 10
    ),
    "hh-conv": lambda: Convolutional(Hh, 10),
    "cnn": Cnn,
}


def bench(name, steps):
    torch.manual_seed(0)
    model = MODELS[name]()
    optimiser = torch.optim.Adam(model.parameters(), 1e-4, weight_decay=1e-5)
    scale = 1.0 if name.startswith("hh-") and not name.startswith("hh-published") else 255.0
    images = scale * torch.rand(BATCH, SIDE, SIDE)
    labels = torch.randint(0, 10, (2, BATCH))

    def step():
        one, two = model(images)
        loss = F.cross_entropy(one, labels[0]) + F.cross_entropy(two, labels[1])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    step()
    walls, cpus = [], []
    for _ in range(steps):
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)

    def median_ms(spans):
        return round(sorted(spans)[len(spans) // 2] * 1e3, 3)

    return {
        "update_ms": median_ms(walls),
        "cpu_ms": median_ms(cpus),
        "parameters": sum(p.numel() for p in model.parameters()),
    }


if __name__ == "__main__":
    arguments = sys.argv[1:]
    count = 3
    if "--steps" in arguments:
        at = arguments.index("--steps")
        count = int(arguments[at + 1])
        del arguments[at : at + 2]
    unknown = [name for name in arguments if name not in MODELS]
    if unknown:
        sys.exit(f"unknown model {unknown[0]!r} (known: {', '.join(MODELS)})")
    print(json.dumps({name: bench(name, count) for name in arguments or list(MODELS)}))
