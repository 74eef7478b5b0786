import type { Agent } from "../agents/algorithm.ts";
import type { Env } from "../core/env.ts";
import { SpikegymError } from "../core/errors.ts";
import { Rng } from "../core/rng.ts";
import { prepareEngine } from "../envs/physics/index.ts";
import { useKernels } from "../kernels/load.ts";
import { type ActionRow, actionRow } from "./action-row.ts";
import { assembleAgent, assembleEnvironment } from "./assemble.ts";
import type { RunConfig } from "./config.ts";
import { ObservationWindow } from "./observation-window.ts";
import { completed, decodePolicy } from "./policy-file.ts";

/** What a policy decided, and what its neurons did for it. */
export interface Decision {
  /** What the environment's `step` takes. */
  readonly action: unknown;
  /** Of each neuron, its mean output over the decision. */
  readonly rates: Float32Array;
  /** [ticks, units], the number of spikes in each tick. */
  readonly spikes: Float32Array;
}

/**
 * A trained policy that plays: it sees observations one after another and decides. Needs no file system, so it runs in a
 * web page as it does in Node.
 */
export class PolicyPlayer {
  readonly agent: Agent;
  /** Of the run that it comes from. */
  readonly config: RunConfig;
  /** The environment it was trained for, fresh. */
  readonly env: Env<unknown>;
  readonly #row: ActionRow;
  readonly #window: ObservationWindow;
  readonly #memory: Float32Array;
  #started = false;

  private constructor(agent: Agent, config: RunConfig, env: Env<unknown>) {
    const { encoder, observationSize } = agent.actor.shape;
    this.agent = agent;
    this.config = config;
    this.env = env;
    this.#row = actionRow(env.actionSpace, env.id);
    this.#window = new ObservationWindow(encoder.window, 1, observationSize);
    this.#memory = agent.restMemory.slice();
  }

  /**
   * The policy of a policy file (`spikegym export RUN --to policy`).
   *
   * @param name how errors call the file
   * @throws FileError when it is damaged or something else; UsageError where it needs an environment or a neuron that was
   *   not registered
   */
  static async open(bytes: Uint8Array, name = "policy.safetensors"): Promise<PolicyPlayer> {
    const { config, learner } = decodePolicy(bytes, name);
    await useKernels();
    await prepareEngine(config.environment.engine);
    const env = assembleEnvironment(config);
    const agent = assembleAgent(config, env, new Rng(config.seed).split("agent"));
    agent.restore(completed(learner, agent.snapshot()));
    return new PolicyPlayer(agent, config, env);
  }

  /** An episode starts: the neurons are at rest, and the first observation is all there is to see. */
  start(observation: Float32Array): void {
    this.#window.start(observation);
    this.#memory.set(this.agent.restMemory);
    this.#started = true;
  }

  /** The episode goes on with this observation. */
  see(observation: Float32Array): void {
    this.#window.push(observation);
  }

  /** The best action by what was seen. Once an observation: a policy that goes on from decision to decision moves on. */
  decide(): Decision {
    if (!this.#started)
      throw new SpikegymError("PolicyPlayer.decide: no episode has begun; call start(observation)");
    const { action, rates, spikes } = this.agent.trace(this.#window.values, [], this.#memory);
    return { action: this.#row.toEnvironment(action), rates, spikes };
  }

  /** Frees its tensors. */
  dispose(): void {
    this.agent.dispose();
    this.env.close();
  }
}
