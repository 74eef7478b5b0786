import { Box } from "../core/space.ts";

/**
 * What the tasks with freely turning poles show: [x, sin theta_1 ..., cos theta_1 ..., x', theta_1' ...], 2 + 3 N numbers,
 * hinges after the first relative. Angles as sine and cosine, so that a whole turn makes no jump.
 */
export class PoleObservation {
  readonly space: Box;
  readonly labels: readonly string[];
  readonly #poles: number;

  constructor(poles: number) {
    const numbers = Array.from({ length: poles }, (_, i) => (poles === 1 ? "" : ` ${i + 1}`));
    this.#poles = poles;
    const high = [Infinity, ...Array<number>(2 * poles).fill(1), ...Array<number>(1 + poles).fill(Infinity)];
    this.space = new Box(
      high.map((x) => -x),
      high,
    );
    this.labels = [
      "x (m)",
      ...numbers.map((n) => `sin theta${n}`),
      ...numbers.map((n) => `cos theta${n}`),
      "velocity (m/s)",
      ...numbers.map((n) => `theta${n} rate (rad/s)`),
    ];
  }

  write(qpos: Float64Array, qvel: Float64Array, out: Float32Array): void {
    const n = this.#poles;
    out[0] = qpos[0]!;
    out[1 + 2 * n] = qvel[0]!;
    for (let i = 1; i <= n; i++) {
      out[i] = Math.sin(qpos[i]!);
      out[n + i] = Math.cos(qpos[i]!);
      out[1 + 2 * n + i] = qvel[i]!;
    }
  }
}
