import { SpikegymError } from "../../core/errors.ts";
import { type AnyEnv, hasChoices } from "../definition.ts";

/** s' = A s + B u near an equilibrium; s = [qpos, qvel] less the equilibrium's, u in the environment's own actions. */
export interface LinearModel {
  /** Numbers in s. */
  readonly n: number;
  /** [n, n], row-major. */
  readonly a: Float64Array;
  /** [n] */
  readonly b: Float64Array;
}

/** How far the differences reach. Actions are cheap to move far: their effect is nearly linear. */
const STATE_REACH = 1e-4;
const ACTION_REACH = 0.05;
/** A centre of mass a little off the pole's line still counts as upright; a pole that leans falls ten times as far. */
const DRIFT = 0.01;

/**
 * The model of one environment step around rest in the pose `qpos`, by central differences through the environment itself,
 * so that it is that of the engine and of all parameters in use. Where actions are choices, u = -1 stands for 0 and u = 1
 * for 1, and the state's part is the mean over both.
 *
 * The environment is left in some state: reset it.
 *
 * @throws SpikegymError where `qpos` is no equilibrium: the cart or a pole moves off without a push
 */
export function linearise(env: AnyEnv, qpos: readonly number[]): LinearModel {
  const dofs = qpos.length;
  const n = 2 * dofs;
  const next = (offset: number, by: number, u: number): Float64Array => {
    const state = [...qpos, ...qpos.map(() => 0)];
    if (by !== 0) state[offset] = state[offset]! + by;
    env.reset({ state: { qpos: state.slice(0, dofs), qvel: state.slice(dofs) } });
    if (hasChoices(env)) env.step(u > 0 ? 1 : 0);
    else env.step([u]);
    const after = env.state();
    return Float64Array.of(...after.qpos, ...after.qvel);
  };
  const reach = hasChoices(env) ? 1 : ACTION_REACH;
  const [less, more] = [next(0, 0, -reach), next(0, 0, reach)];
  const still = [...qpos, ...qpos.map(() => 0)];
  const drift = Math.max(...still.map((x, i) => Math.abs((less[i]! + more[i]!) / 2 - x)));
  if (!(drift < DRIFT)) {
    throw new SpikegymError(
      `linearise: ${env.id} at qpos [${qpos.join(", ")}] moves by ${drift} in a step without a push, expected an equilibrium`,
    );
  }
  const a = new Float64Array(n * n);
  const b = Float64Array.from(still, (_, i) => (more[i]! - less[i]!) / (2 * reach));
  const pushes = hasChoices(env) ? [-1, 1] : [0];
  for (let j = 0; j < n; j++) {
    for (const u of pushes) {
      const high = next(j, STATE_REACH, u);
      const low = next(j, -STATE_REACH, u);
      for (let i = 0; i < n; i++) {
        a[i * n + j] = a[i * n + j]! + (high[i]! - low[i]!) / (2 * STATE_REACH * pushes.length);
      }
    }
  }
  return { n, a, b };
}
