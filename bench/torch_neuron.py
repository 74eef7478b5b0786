#!/usr/bin/python3
"""What a PyTorch user gets: a layer of spiking neurons over 15 ticks, forward and backward, op by op, on one thread.

Needs Debian's python3-torch (apt-get install -y python3-torch python3-numpy). Prints one JSON object:
  {"model": {"forward_ms": median, "forward_backward_ms": median, "undisturbed_ms": first tenth}, ...}

The work is that of `spikegym bench neuron --torch`: batch 64, five inputs of 11 numbers, each shown for 3 ticks (15
ticks), a linear projection onto 128 units and their neurons, mean output over the ticks, and the gradient of the weights
for a given gradient of that output. The equations are those of the neurons of the same names (neurons/<name>.ts),
written in the natural way: the projection at every tick, one line of tensor operations for one of the model.
Run it on the same machine and in the same minutes as the program it is compared with.
"""
import json
import sys
import time

import torch

torch.set_num_threads(1)
INPUTS, WINDOW, REPEAT, BATCH, UNITS = 11, 5, 3, 64, 128
TICKS = WINDOW * REPEAT


class Spike(torch.autograd.Function):
    """1 where x > 0; the surrogate derivative is a rectangle."""

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
    """1 where x > 0; the surrogate derivative is height / (1 + |x| / width)^2."""

    @staticmethod
    def forward(ctx, x, width, height):
        ctx.save_for_backward(x)
        ctx.width, ctx.height = width, height
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * ctx.height / (1 + x.abs() / ctx.width) ** 2, None, None


def ann(currents):
    return sum(Spike.apply(torch.relu(x) - 0.5, 0.5) for x in currents) / TICKS


def lif(currents):
    v = s = torch.zeros(BATCH, UNITS)
    total = 0
    for x in currents:
        v = 0.2 * v * (1 - s) + x
        s = Spike.apply(v - 0.2, 0.4)
        total = total + s
    return total / TICKS


def alif(currents):
    v = s = a = torch.zeros(BATCH, UNITS)
    total = 0
    for x in currents:
        v = 0.8 * v - 0.3 * s + x
        a = 0.9 * a + s
        s = Spike.apply(v - (0.3 + 0.15 * a), 0.3)
        total = total + s
    return total / TICKS


def izhikevich(currents):
    v, u = torch.full((BATCH, UNITS), -70.0), torch.full((BATCH, UNITS), -14.0)
    total = 0
    for x in currents:
        up = v + 0.5 * (0.04 * v * v + 5 * v + 140 - u + 10 * x + 4)
        u = u + 0.5 * 0.02 * (0.2 * v - u)
        s = FastSigmoidSpike.apply(up - 30, 20, 0.05)
        fired = s.detach()
        v = (1 - fired) * up - 65 * fired
        u = u + 8 * fired
        total = total + s
    return total / TICKS


RATES, DT = 1e-2 * torch.rand(6, UNITS), 0.2 * torch.rand(UNITS)


def hh_published(currents):
    an, bn, am, bm, ah, bh = RATES
    v = n = m = h = torch.zeros(BATCH, UNITS)
    total = 0
    for x in currents:
        ionic = 120 * h * m**3 * (v - 115) + 36 * n**4 * (v + 12) + 0.3 * (v - 10.6)
        v_next = v + (x - ionic) * DT
        n = n + (an * (1 - n) - bn * n) * DT
        m = m + (am * (1 - m) - bm * m) * DT
        h = h + (ah * (1 - h) - bh * h) * DT
        v = v_next
        total = total + Spike.apply(v - 2.3, 0.4)
    return total / TICKS


def hh(currents, dt=1.0):
    """Voltage-dependent rates, staggered exponential Euler, one integration step a tick."""
    v = torch.full((BATCH, UNITS), -65.0)
    m, h, n = (torch.full((BATCH, UNITS), x) for x in (0.052932, 0.596121, 0.317677))
    total = 0

    def relax(y, rest, rate):
        return rest + (y - rest) * torch.exp(-rate * dt)

    def opening(x):
        return x / torch.expm1(x)

    for x in currents:
        am, bm = opening(-(v + 40) / 10), 4 * torch.exp(-(v + 65) / 18)
        ah, bh = 0.07 * torch.exp(-(v + 65) / 20), torch.sigmoid((v + 35) / 10)
        an, bn = 0.1 * opening(-(v + 55) / 10), 0.125 * torch.exp(-(v + 65) / 80)
        m = relax(m, am / (am + bm), am + bm)
        h = relax(h, ah / (ah + bh), ah + bh)
        n = relax(n, an / (an + bn), an + bn)
        na, k = 120 * m**3 * h, 36 * n**4
        g = na + k + 0.3
        below = (v <= 0).to(v.dtype)
        v = relax(v, (na * 50 - k * 77 - 0.3 * 54.387 + 10 * x + 5) / g, g)
        total = total + below * FastSigmoidSpike.apply(v, 20, 0.05)
    return total / TICKS


def s_lif2hh(currents):
    u = s = torch.zeros(BATCH, 4, UNITS)
    inner = torch.nn.Linear(3, 1)
    total = 0
    for x in currents:
        fed = inner(u[:, :3].transpose(1, 2)).transpose(1, 2)
        u = 0.2 * u * (1 - s) + torch.cat([x.view(BATCH, 3, UNITS), fed], dim=1)
        s = Spike.apply(u - 0.8, 0.4)
        total = total + s
    return total / TICKS


MODELS = {"ann": ann, "lif": lif, "alif": alif, "izhikevich": izhikevich, "s-lif2hh": s_lif2hh,
          "hh-published": hh_published, "hh": hh}


def timed(f, n):
    """Median, and the least disturbed tenth, of n runs, ms."""
    for _ in range(5):
        f()
    spans = []
    for _ in range(n):
        start = time.perf_counter(); f(); spans.append(time.perf_counter() - start)
    spans.sort()
    return [round(spans[i] * 1e3, 4) for i in (n // 2, n // 10)]


def bench(name, repeats=30):
    projection = torch.nn.Linear(INPUTS, 3 * UNITS if name == "s-lif2hh" else UNITS)
    window = torch.randn(WINDOW, BATCH, INPUTS)
    model = MODELS[name]

    def layer():
        return model(projection(window[t // REPEAT]) for t in range(TICKS))

    gradient = torch.randn_like(layer())

    def forward():
        with torch.no_grad():
            layer()

    forward_ms, _ = timed(forward, repeats)
    both_ms, undisturbed_ms = timed(lambda: layer().backward(gradient), repeats)
    return {"forward_ms": forward_ms, "forward_backward_ms": both_ms, "undisturbed_ms": undisturbed_ms}


if __name__ == "__main__":
    print(json.dumps({name: bench(name) for name in sys.argv[1:] or MODELS}))
