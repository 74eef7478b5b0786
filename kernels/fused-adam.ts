import type { Tensor1D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ShapeError } from "../core/errors.ts";
import { type AdamSettings, type AdamState, adamFactors } from "../tensors/adam.ts";
import { KernelBackend } from "./backend.ts";
import { storage } from "./load.ts";

/**
 * One step of Adam over a whole flat vector, in place: `parameters`, `state.m` and `state.v` are overwritten (as with
 * donated buffers, nobody may hold on to their old values). Equals `adamDefinition`.
 *
 * @returns the state with its step counted up; same tensors
 */
export function fusedAdam(
  parameters: Tensor1D,
  gradient: Tensor1D,
  state: AdamState,
  settings: AdamSettings,
): AdamState {
  const n = parameters.size;
  if (gradient.size !== n || state.m.size !== n) {
    throw new ShapeError("fusedAdam: gradient", gradient.shape, `[${n}], like the parameters`);
  }
  const step = state.step + 1;
  const { beta1, beta2, epsilon, stepSize, inverseSqrtC2, weightDecay } = adamFactors(settings, step);
  const backend = tf.backend();
  if (backend instanceof KernelBackend && n % 4 === 0) {
    const [p, m, v] = [parameters, state.m, state.v].map((tensor) => backend.address(tensor.dataId));
    const { host } = backend;
    if (p !== undefined && m !== undefined && v !== undefined) {
      let g = backend.address(gradient.dataId);
      const temporary = g === undefined ? host.pool.allocate(n * 4) : undefined;
      if (temporary !== undefined) {
        host.floats.set(storage(gradient), temporary >> 2);
        g = temporary;
      }
      host.call.adam(
        p,
        g!,
        m,
        v,
        n,
        stepSize,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        inverseSqrtC2,
        epsilon,
        weightDecay,
      );
      if (temporary !== undefined) host.pool.free(temporary);
      return { ...state, step };
    }
  }
  const [p, g, m, v] = [storage(parameters), storage(gradient), storage(state.m), storage(state.v)];
  for (let i = 0; i < n; i++) {
    const slope = g[i]! + weightDecay * p[i]!;
    m[i] = beta1 * m[i]! + (1 - beta1) * slope;
    v[i] = beta2 * v[i]! + (1 - beta2) * slope * slope;
    p[i] = p[i]! - (stepSize * m[i]!) / (Math.sqrt(v[i]!) * inverseSqrtC2 + epsilon);
  }
  return { ...state, step };
}

/** Polyak averaging in place: target <- (1 - tau) target + tau source. */
export function fusedPolyak(target: Tensor1D, source: Tensor1D, tau: number): void {
  const n = target.size;
  if (source.size !== n) throw new ShapeError("fusedPolyak: source", source.shape, `[${n}], like the target`);
  const backend = tf.backend();
  if (backend instanceof KernelBackend && n % 4 === 0) {
    const to = backend.address(target.dataId);
    const from = backend.address(source.dataId);
    if (to !== undefined && from !== undefined) {
      backend.host.call.polyak(to, from, n, tau);
      return;
    }
  }
  const [to, from] = [storage(target), storage(source)];
  for (let i = 0; i < n; i++) to[i] = (1 - tau) * to[i]! + tau * from[i]!;
}
