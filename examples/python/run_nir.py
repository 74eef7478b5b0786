"""Runs the population that `spikegym export RUN --to nir` wrote (needs: pip install h5py numpy).

    python3 run_nir.py policy.nir

The package `nir` reads the file into a graph for snnTorch, Norse and others; here its equations are written out:
tau dv/dt = v_leak - v + r I by forward Euler at 0.1 ms, spike and reset above v_threshold.
"""
import sys

import h5py
import numpy

STEP_S = 1e-4

with h5py.File(sys.argv[1]) as file:
    nodes = file["node/nodes"]
    affine = {name: nodes["population_affine"][name][()] for name in ("weight", "bias")}
    lif = {name: nodes["population_lif"][name][()] for name in ("tau", "r", "v_leak", "v_reset", "v_threshold")}

x = numpy.ones(affine["weight"].shape[1], numpy.float32)
v = numpy.zeros_like(affine["bias"])
count = numpy.zeros_like(v)
for tick in range(15):
    current = affine["weight"] @ x + affine["bias"]
    v = v + STEP_S / lif["tau"] * (lif["v_leak"] - v + lif["r"] * current)
    spikes = v > lif["v_threshold"]
    count += spikes
    v = numpy.where(spikes, lif["v_reset"], v)
print(f"{len(v)} neurons, {int(count.sum())} spikes in 15 ticks of a constant input of ones")
