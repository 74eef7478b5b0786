import { z } from "zod";
import type { ResetOptions } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { Balancer } from "../../envs/controllers/balancer.ts";
import type { AnyEnv } from "../../envs/definition.ts";
import type { EpisodeResult } from "../evaluator.ts";

export const mapSchema = z.strictObject({
  angleRad: z.number().positive().default(0.6).describe("starts lie within plus and minus this angle, rad"),
  rateRadPerS: z
    .number()
    .positive()
    .default(3)
    .describe("and within plus and minus this angular velocity, rad/s"),
  cells: z.number().int().min(2).max(201).default(21).describe("starts along each of both axes"),
  horizonS: z.number().positive().default(10).describe("a start is held if the poles stand for so long, s"),
});

export type MapSettings = z.output<typeof mapSchema>;

/** Which starts a controller holds. */
export interface HeldStarts {
  /** A row a rate, least first; in it a character an angle, least first: "1" held, "0" fallen. */
  readonly held: readonly string[];
  /** Share of all starts. */
  readonly share: number;
}

/**
 * The region of attraction of upright, sampled: start angle of the lowest hinge (the poles in line, the cart in the
 * middle and at rest) x its angular velocity.
 */
export interface StabilityMap extends HeldStarts {
  readonly anglesRad: readonly number[];
  readonly ratesRadPerS: readonly number[];
  readonly horizonS: number;
  /** Of the linear-quadratic regulator on the true, unperturbed state. */
  readonly baseline: HeldStarts;
}

/** The starts of a map, rate by rate. */
export function mapStarts(settings: MapSettings, env: AnyEnv): ResetOptions[] {
  const dofs = env.state().qpos.length;
  const maxEpisodeSteps = Math.round(settings.horizonS / env.stepSeconds);
  if (env.setParameters === undefined) {
    throw new UsageError(
      `stability map: ${env.id} has no parameters to set, so its episodes cannot be cut short`,
    );
  }
  const state = (angle: number, rate: number) => {
    const qpos = Array<number>(dofs).fill(0);
    const qvel = Array<number>(dofs).fill(0);
    qpos[1] = angle;
    qvel[1] = rate;
    return { qpos, qvel };
  };
  const { angles, rates } = axesOf(settings);
  return rates.flatMap((rate) =>
    angles.map((angle, i) => ({ seed: i, state: state(angle, rate), parameters: { maxEpisodeSteps } })),
  );
}

/** @param episodes of the starts, in their order; @param env one of the unperturbed environments, for the baseline */
export function stabilityMap(
  settings: MapSettings,
  episodes: readonly Pick<EpisodeResult, "terminated">[],
  env: AnyEnv,
): StabilityMap {
  const { angles, rates } = axesOf(settings);
  return {
    anglesRad: angles,
    ratesRadPerS: rates,
    horizonS: settings.horizonS,
    ...asRows(
      episodes.map(({ terminated }) => !terminated),
      settings.cells,
    ),
    baseline: asRows(heldByRegulator(mapStarts(settings, env), env), settings.cells),
  };
}

function heldByRegulator(starts: readonly ResetOptions[], env: AnyEnv): boolean[] {
  const regulator = new Balancer(env);
  return starts.map((start) => {
    env.reset(start);
    for (;;) {
      const [, , terminated, truncated] = regulator.step();
      if (terminated) return false;
      if (truncated) return true;
    }
  });
}

function asRows(held: readonly boolean[], cells: number): HeldStarts {
  const text = held.map((one) => (one ? "1" : "0")).join("");
  return {
    held: Array.from({ length: cells }, (_, row) => text.slice(row * cells, (row + 1) * cells)),
    share: held.filter(Boolean).length / held.length,
  };
}

function axesOf({ angleRad, rateRadPerS, cells }: MapSettings): { angles: number[]; rates: number[] } {
  const spread = (most: number) =>
    Array.from({ length: cells }, (_, i) => most * ((2 * i) / (cells - 1) - 1));
  return { angles: spread(angleRad), rates: spread(rateRadPerS) };
}
