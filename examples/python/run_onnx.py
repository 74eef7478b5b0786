"""Runs a policy that `spikegym export RUN --to onnx` wrote (needs: pip install onnxruntime numpy).

    python3 run_onnx.py policy.onnx

The window holds the latest observations, oldest first; at the start of an episode its first observation fills it.
"""
import sys

import numpy
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1])
(window,) = session.get_inputs()
length, batch, size = window.shape
facts = session.get_modelmeta().custom_metadata_map
print(f"{facts['algorithm']} with {facts['neuron']} neurons for {facts['environment']}")

observation = numpy.zeros((batch, size), numpy.float32)
window = numpy.repeat(observation[None], length, axis=0)
for step in range(3):
    action, rates = session.run(["action", "rates"], {"window": window})
    print(f"step {step}: action {action.ravel()}, mean rate {rates.mean():.3f}")
    # env.step(action) would give the next observation here.
    window = numpy.concatenate([window[1:], observation[None]])
