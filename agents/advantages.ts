/** Of a rollout, all [steps * lanes], step by step. */
export interface AdvantageInput {
  readonly lanes: number;
  readonly reward: Float32Array;
  /** V(x), and V(x') one step later (at the end of an episode: of its last observation). */
  readonly value: Float32Array;
  readonly nextValue: Float32Array;
  /** 1 where the task ended. */
  readonly terminated: Float32Array;
  /** 1 where the episode ended, for whatever reason. */
  readonly ended: Float32Array;
}

/**
 * Generalised advantage estimation (Schulman et al. 2016, "High-dimensional continuous control using generalized
 * advantage estimation"):
 *
 *   delta_t = r_t + gamma (1 - terminated_t) V(x'_t) - V(x_t)
 *   A_t     = delta_t + gamma lambda (1 - ended_t) A_(t+1)
 *
 * A termination ends the value; a time limit, or the end of the rollout, only ends the sum.
 *
 * @returns advantages, and returns A + V, [steps * lanes]
 */
export function estimateAdvantages(
  { lanes, reward, value, nextValue, terminated, ended }: AdvantageInput,
  gamma: number,
  lambda: number,
): { advantage: Float32Array; returns: Float32Array } {
  const advantage = new Float32Array(reward.length);
  const returns = new Float32Array(reward.length);
  for (let i = reward.length - 1; i >= 0; i--) {
    const later = i + lanes < reward.length ? advantage[i + lanes]! : 0;
    const delta = reward[i]! + gamma * (1 - terminated[i]!) * nextValue[i]! - value[i]!;
    advantage[i] = delta + gamma * lambda * (1 - ended[i]!) * later;
    returns[i] = advantage[i]! + value[i]!;
  }
  return { advantage, returns };
}

/** Shifts and scales to mean 0 and standard deviation 1, in place. */
export function standardise(values: Float32Array): void {
  let sum = 0;
  for (const x of values) sum += x;
  const mean = sum / values.length;
  let squares = 0;
  for (const x of values) squares += (x - mean) ** 2;
  const std = Math.sqrt(squares / values.length) + 1e-8;
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) / std;
}
