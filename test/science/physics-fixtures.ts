import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../training/package-root.ts";

/** Shapes of test/fixtures/physics/*.json. */

export interface MujocoTrajectory {
  readonly name: string;
  readonly init_qpos: number[];
  readonly init_qvel: number[];
  readonly init_obs: number[];
  readonly actions: number[];
  readonly qpos: number[][];
  readonly qvel: number[][];
  readonly obs: number[][];
  readonly reward: number[];
  readonly terminated: boolean[];
  readonly qfrc_constraint: number[][];
  /** First step after which a stop pushes at readout; null where none does. */
  readonly first_limit_force_step: number | null;
}

export interface MujocoFixture {
  readonly env: { readonly dt: number };
  readonly compiled_model: {
    readonly body_mass: number[];
    readonly body_inertia: number[];
    readonly body_ipos: number[];
    readonly dof_invweight0: number[];
  };
  readonly trajectories: MujocoTrajectory[];
}

export interface UndampedSystem {
  readonly small_modes: { readonly omega: number; readonly period: number; readonly shape_x_phi: number[] }[];
  readonly trajectories: {
    readonly name: string;
    readonly init_qpos: number[];
    readonly init_qvel: number[];
    readonly init_energy: number;
    readonly force: number[];
    readonly qpos: number[][];
  }[];
}

export function readMujoco(
  name: "mujoco-inverted-pendulum" | "mujoco-inverted-double-pendulum",
): MujocoFixture {
  return read(name) as MujocoFixture;
}

export function readUndamped(): Record<"single" | "double", UndampedSystem> {
  return (read("undamped") as { systems: Record<"single" | "double", UndampedSystem> }).systems;
}

/** Absolute link angles (undamped.json) as relative hinge angles. */
export function relative(absolute: readonly number[]): number[] {
  return absolute.map((x, i) => (i < 2 ? x : x - absolute[i - 1]!));
}

/** Largest absolute difference. */
export function largestError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < a.length; i++) {
    const error = Math.abs(a[i]! - b[i]!);
    if (!(error <= largest)) largest = error;
  }
  return largest;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(packageRoot(), "test/fixtures/physics", `${name}.json`), "utf8"));
}
