import type { Agent } from "../../agents/algorithm.ts";
import type { Env } from "../../core/env.ts";
import { actionRow } from "../action-row.ts";
import { ObservationWindow } from "../observation-window.ts";

/** Decisions that are looked into: more would take longer than the evaluation they belong to. */
const DECISIONS = 40;

/** Mean number of spikes of the population in a decision, over the first 40 of an episode. */
export function spikesPerDecision(agent: Agent, env: Env<unknown>, seed: number): number {
  const [observation] = env.reset({ seed });
  const window = new ObservationWindow(agent.actor.shape.encoder.window, 1, observation.length);
  window.start(observation);
  const row = actionRow(env.actionSpace, env.id);
  const memory = agent.restMemory.slice();
  let spikes = 0;
  let decisions = 0;
  for (let over = false; !over && decisions < DECISIONS; decisions++) {
    const decision = agent.trace(window.values, [], memory);
    for (const count of decision.spikes) spikes += count;
    const [next, , terminated, truncated] = env.step(row.toEnvironment(decision.action));
    window.push(next);
    over = terminated || truncated;
  }
  return spikes / decisions;
}
