import type { Agent } from "../../agents/algorithm.ts";
import type { Env, EnvParameters } from "../../core/env.ts";
import type { ReplayHeader } from "../../core/replay-file/header.ts";
import type { EventRecord, FrameState } from "../../core/replay-file/recording.ts";
import { Rng } from "../../core/rng.ts";
import { make } from "../../envs/index.ts";
import type { CartChain } from "../../envs/physics/cart-chain.ts";
import { forcesOfPoint } from "../../envs/physics/cart-chain.ts";
import { type ActionRow, actionRow } from "../../training/action-row.ts";
import { assembleAgent } from "../../training/assemble.ts";
import { ObservationWindow } from "../../training/observation-window.ts";
import { perturbNetwork } from "../../training/perturbations/network.ts";
import { resolvePerturbation } from "../../training/perturbations/spec.ts";
import { completed, type PolicyFile } from "../../training/policy-file.ts";
import { describeLayer, describePolicy, describeRun } from "../../training/replay-description.ts";

/** A hand that drags a point of a body: a spring with friction between that point and where the hand is. */
export interface Hand {
  /** 0: the cart; i: the i-th pole. */
  readonly link: number;
  /** Where on the pole, from its hinge, m. */
  readonly heightM: number;
  readonly x: number;
  readonly z: number;
}

const springNPerM = 160;
const frictionNsPerM = 24;
/** A hand is not stronger than this, N. */
const strongest = 260;

/** What happened in one step. */
export interface LiveStep {
  readonly episode: number;
  readonly step: number;
  /** The state before the decision. */
  readonly before: FrameState;
  readonly action: Float32Array;
  readonly forceN: number;
  readonly reward: number;
  readonly terminated: boolean;
  readonly value: number;
  /** [ticks, units] and [ticks, traced, variables]. */
  readonly spikes: Float32Array;
  readonly traces: Float32Array;
  readonly events: readonly EventRecord[];
  /** The force of the hand on the point it holds, N; null while it holds nothing. */
  readonly handN: number | null;
  /** The state after it, where the episode ended with it. */
  readonly end: FrameState | undefined;
}

/** Seconds that a fall is watched before the next episode starts. */
const watchFallSeconds = 1.6;
/** Seconds of standing after which a fall is forgiven. */
const standSeconds = 1;

/** One policy in one environment, step by step, with whatever a visitor does to them. The kernels must be loaded. */
export class LiveSession {
  readonly header: ReplayHeader;
  readonly agent: Agent;
  readonly env: Env<unknown>;
  readonly #row: ActionRow;
  readonly #window: ObservationWindow;
  readonly #traced: readonly number[];
  readonly #forces: Float64Array;
  readonly #pointForces: Float64Array;
  readonly #rng: Rng;
  readonly #seed: number;
  #memory: Float32Array;
  #observation: Float32Array;
  #events: EventRecord[] = [];
  #pushN = 0;
  #hand: Hand | undefined;
  #episode = 0;
  #step = 0;
  /** Steps since a fall; 0: standing. */
  #fallenSteps = 0;
  /** Steps it has stood again after a fall. */
  #stoodSteps = 0;
  #healed: (() => void) | undefined;
  #lesionShare = 0;

  /** @param traced how many neurons' membranes are kept */
  constructor(policy: PolicyFile, engine: string, seed: number, name: string, traced = 16) {
    const { config } = policy;
    const { environment } = config;
    // A fall is part of the show: the body goes on falling, and can be set upright by hand.
    const parameters = { ...environment.parameters, afterEnd: "continue", maxEpisodeSteps: 1_000_000 };
    this.env = make(environment.id, { ...parameters, engine }) as Env<unknown>;
    this.#seed = seed;
    this.#rng = new Rng(seed);
    this.agent = assembleAgent(config, this.env, this.#rng.split("agent"));
    this.agent.restore(completed(policy.learner, this.agent.snapshot()));
    const { encoder } = this.agent.actor.shape;
    const description = describePolicy(this.agent, this.env, encoder.window, seed, traced);
    this.#traced = description.chosen;
    const layer = describeLayer(
      config,
      this.agent,
      description.chosen,
      description,
      this.env.observationLabels,
    );
    this.header = {
      ...describeRun({ ...config, environment: { ...environment, engine } }, this.env, layer, {}),
      preset: name,
    };
    this.#row = actionRow(this.env.actionSpace, this.env.id);
    this.#observation = this.env.reset({ seed })[0];
    this.#window = new ObservationWindow(encoder.window, 1, this.#observation.length);
    this.#window.start(this.#observation);
    this.#memory = this.agent.restMemory.slice();
    const joints = this.env.state().qpos.length;
    this.#forces = new Float64Array(joints);
    this.#pointForces = new Float64Array(joints);
    this.#events.push({ kind: "reset", label: `seed ${seed}` });
  }

  /** Lengths of the poles, m, from the cart outwards; they follow the sliders. */
  get #chain(): CartChain {
    return (this.env as unknown as { readonly chain: CartChain }).chain;
  }

  /** A push on the cart during the next step, N. */
  push(forceN: number): void {
    this.#pushN += forceN;
    this.#events.push({ kind: "push", label: "push on the cart", value: forceN });
  }

  /** Where the hand is; undefined: it lets go. */
  hold(hand: Hand | undefined): void {
    if (hand !== undefined && this.#hand === undefined) {
      const what = hand.link === 0 ? "the cart" : `pole ${hand.link}`;
      this.#events.push({ kind: "mark", label: `a hand on ${what}` });
    }
    this.#hand = hand;
  }

  /** Changes parameters of the environment at once. Throws a UsageError for an impossible one. */
  set(changes: EnvParameters): void {
    this.env.setParameters?.(changes);
  }

  /** A share of the neurons is cut off from the heads, 0 to 1; always the same ones first. */
  lesion(share: number): void {
    if (share === this.#lesionShare) return;
    this.#healed?.();
    this.#healed = undefined;
    this.#lesionShare = share;
    if (share > 0) {
      const spec = resolvePerturbation({ axis: "lesion", level: share });
      this.#healed = perturbNetwork(this.agent, [spec], this.#seed);
    }
    this.#events.push({ kind: "mark", label: `${Math.round(100 * share)} % of the neurons cut off` });
  }

  /** Other weights of the same network, e.g. from a training that goes on elsewhere. */
  learn(learner: PolicyFile["learner"]): void {
    const share = this.#lesionShare;
    this.lesion(0);
    this.agent.restore(completed(learner, this.agent.snapshot()));
    this.lesion(share);
  }

  /** A new episode from the environment's own starts. */
  restart(): void {
    this.#observation = this.env.reset()[0];
    this.#window.start(this.#observation);
    this.#memory = this.agent.restMemory.slice();
    this.#episode++;
    this.#step = 0;
    this.#fallenSteps = 0;
    this.#stoodSteps = 0;
    this.#pushN = 0;
    this.#events.push({ kind: "reset", label: `episode ${this.#episode + 1}` });
  }

  step(): LiveStep {
    const { env } = this;
    const before = this.#frame();
    const decision = this.agent.trace(this.#window.values, this.#traced, this.#memory);
    const action = this.#row.toEnvironment(decision.action);
    const handN = this.#applyForces();
    const [observation, reward, terminated] = env.step(action);
    this.#observation = observation;
    this.#window.push(observation);
    const events = this.#events;
    this.#events = [];
    this.#pushN = 0;
    if (terminated && this.#fallenSteps === 0) {
      this.#fallenSteps = 1;
      events.push({ kind: "failure", label: "fell" });
    } else if (this.#fallenSteps > 0 && this.#hand === undefined) this.#fallenSteps++;
    this.#stoodSteps = terminated ? 0 : this.#stoodSteps + 1;
    // What was set upright again, by a hand or by itself, and stays there goes on.
    if (this.#stoodSteps * env.stepSeconds >= standSeconds) this.#fallenSteps = 0;
    const over = this.#fallenSteps * env.stepSeconds >= watchFallSeconds && this.#hand === undefined;
    const step: LiveStep = {
      episode: this.#episode,
      step: this.#step++,
      before,
      action: action instanceof Float32Array ? action : decision.action,
      forceN: env.actionForceN(action),
      reward,
      terminated,
      value: decision.value,
      spikes: decision.spikes,
      traces: decision.variables,
      events,
      handN,
      end: over ? this.#frame() : undefined,
    };
    if (over) this.restart();
    return step;
  }

  /** The state now, for the end of a recording. */
  frame(): FrameState {
    return this.#frame();
  }

  close(): void {
    this.agent.dispose();
    this.env.close();
  }

  #frame(): FrameState {
    const { env } = this;
    const poses = env.poses(new Float64Array(3 * env.scene.bodies.length));
    return { poses, ...env.state(), observation: this.#observation };
  }

  #applyForces(): number | null {
    const forces = this.#forces.fill(0);
    let handN: number | null = null;
    if (this.#hand !== undefined) {
      const [x, z] = this.#handForce(this.#hand);
      handN = Math.hypot(x, z);
      const { qpos } = this.env.state();
      forcesOfPoint(this.#chain, qpos, this.#hand.link, this.#hand.heightM, [x, z], this.#pointForces);
      for (let i = 0; i < forces.length; i++) forces[i]! += this.#pointForces[i]!;
    }
    forces[0]! += this.#pushN;
    this.env.applyForces?.(forces);
    return handN;
  }

  /** The spring's pull on the point that is held, less its friction. */
  #handForce({ link, heightM, x, z }: Hand): [x: number, z: number] {
    const { qpos, qvel } = this.env.state();
    let [px, pz, vx, vz] = [qpos[0]!, 0, qvel[0]!, 0];
    let [angle, rate] = [0, 0];
    for (let i = 1; i <= link; i++) {
      angle += qpos[i]!;
      rate += qvel[i]!;
      const length = i === link ? heightM : this.#chain.links[i - 1]!.lengthM;
      px += length * Math.sin(angle);
      pz += length * Math.cos(angle);
      vx += length * rate * Math.cos(angle);
      vz -= length * rate * Math.sin(angle);
    }
    const pull: [number, number] = [
      springNPerM * (x - px) - frictionNsPerM * vx,
      link === 0 ? 0 : springNPerM * (z - pz) - frictionNsPerM * vz,
    ];
    const size = Math.hypot(...pull);
    const share = size > strongest ? strongest / size : 1;
    return [pull[0] * share, pull[1] * share];
  }
}
