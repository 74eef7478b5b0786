import type { Env } from "../core/env.ts";
import { UsageError } from "../core/errors.ts";
import { encoders, makeEncoder } from "../neurons/encoders/index.ts";
import type { SpikeEncoder } from "../neurons/encoders/spike-encoder.ts";
import type { NeuronModel } from "../neurons/neuron-model.ts";

/**
 * The encoder with as many ticks as make one step of the environment in the neurons' own time: 40 or 50 ms of physics
 * are 40 or 50 ms of neurons. With neurons that go on through the episode, body and network then run on one clock.
 *
 * @throws UsageError for neurons without a time of their own, or where the ticks do not fit the step or the window
 */
export function realTimeEncoder(
  encoder: { readonly id: string; readonly parameters: Readonly<Record<string, unknown>> },
  neuron: NeuronModel,
  env: Env<unknown>,
): SpikeEncoder {
  const where = 'configuration: "policy.time" is real';
  const { tickMs } = neuron;
  if (tickMs === null) {
    throw new UsageError(
      `${where}, but neuron "${neuron.id}" has no time of its own; take one that has (hh, izhikevich) or "ticks"`,
    );
  }
  const stepMs = env.stepSeconds * 1000;
  const ticks = Math.round(stepMs / tickMs);
  if (ticks < 1 || Math.abs(ticks * tickMs - stepMs) > 1e-6 * stepMs) {
    throw new UsageError(
      `${where}: a step of ${env.id} is ${stepMs} ms, which is no whole number of ticks of ${tickMs} ms; set policy.neuron.parameters.tickMs`,
    );
  }
  const shape = encoders.get(encoder.id).parameters.shape as Record<string, unknown>;
  if ("ticks" in shape) return makeEncoder(encoder.id, { ...encoder.parameters, ticks });
  // Encoders of several observations share the step out among them.
  const asked = makeEncoder(encoder.id, encoder.parameters);
  const inputs = asked.ticks / asked.repeat;
  if (ticks % inputs !== 0) {
    throw new UsageError(
      `${where}: ${ticks} ticks a step cannot be shared among the ${inputs} inputs of encoder "${encoder.id}"; take another window, or the encoder "direct"`,
    );
  }
  return makeEncoder(encoder.id, { ...encoder.parameters, repeat: ticks / inputs });
}
