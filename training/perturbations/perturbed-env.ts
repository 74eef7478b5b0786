import type { Env, Info, ResetOptions, StepResult } from "../../core/env.ts";
import { UsageError } from "../../core/errors.ts";
import { Rng, type RngState } from "../../core/rng.ts";
import { Box } from "../../core/space.ts";
import { type ExactNumbers, loadNumbers, saveNumbers } from "../../envs/wrappers/exact-numbers.ts";
import { requireBox, Wrapper } from "../../envs/wrappers/wrapper.ts";
import type { Channel, RewardDefinition } from "./definition.ts";
import { perturbations } from "./index.ts";
import { ScheduleFactor } from "./schedule.ts";
import type { PerturbationSpec } from "./spec.ts";

/**
 * An environment whose sensors, actuators and bodies are not what the agent takes them for. The perturbations act one
 * after another in the order given: actuators and bodies before the step, sensors after it. Reward (but for `reward`
 * perturbations, which are for training), termination and the state that measures are taken of stay the true ones.
 *
 * Everything random derives from the seed of `reset`, each perturbation having a stream of its own, so that an episode is
 * the same alone and beside others.
 */
export class PerturbedEnv extends Wrapper {
  readonly #lanes: readonly Lane[];
  readonly #sensors: readonly ChannelLane[];
  readonly #actuators: readonly ChannelLane[];
  readonly #rewards: readonly RewardLane[];
  readonly #seen: Float64Array;
  readonly #done: Float64Array;
  readonly #action: Float32Array;
  readonly #centre: Float32Array;
  readonly #half: Float32Array;
  #steps = 0;

  /** @param specs sensors, actuators, bodies and rewards; `perturbEnv` sorts out the rest */
  constructor(env: Env, specs: readonly PerturbationSpec[]) {
    const { size } = requireBox(env.observationSpace, "observations", env, "perturbations");
    // Noise knows no bounds.
    super("perturbations", env, {
      observationSpace: new Box(
        Array(size).fill(Number.NEGATIVE_INFINITY),
        Array(size).fill(Number.POSITIVE_INFINITY),
      ),
    });
    this.#seen = new Float64Array(size);
    const bounds = env.actionSpace instanceof Box ? env.actionSpace : undefined;
    const actions = bounds?.size ?? 0;
    this.#centre = Float32Array.from({ length: actions }, (_, i) => (bounds!.low[i]! + bounds!.high[i]!) / 2);
    this.#half = Float32Array.from({ length: actions }, (_, i) => (bounds!.high[i]! - bounds!.low[i]!) / 2);
    this.#done = new Float64Array(actions);
    this.#action = new Float32Array(actions);
    const sensors: ChannelLane[] = [];
    const actuators: ChannelLane[] = [];
    const rewards: RewardLane[] = [];
    specs.forEach((spec, at) => {
      const definition = perturbations.get(spec.axis);
      const lane = new Lane(spec, at, definition.range.min < 0);
      if (definition.kind === "sensor") {
        sensors.push({
          lane,
          channel: definition.create(size, Math.abs(spec.level)),
          dimensions: dimensionsOf(spec, size),
        });
      } else if (definition.kind === "actuator") {
        requireBox(env.actionSpace, "actions", env, `perturbation "${spec.axis}"`);
        actuators.push({
          lane,
          channel: definition.create(actions, Math.abs(spec.level)),
          dimensions: dimensionsOf(spec, actions),
        });
      } else if (definition.kind === "reward") {
        rewards.push({ lane, definition });
      }
    });
    this.#sensors = sensors;
    this.#actuators = actuators;
    this.#rewards = rewards;
    this.#lanes = [...actuators, ...sensors, ...rewards].map(({ lane }) => lane);
    for (const lane of this.#lanes) lane.seed(0);
  }

  override reset(options?: ResetOptions): [observation: Float32Array, info: Info] {
    const [observation, info] = this.env.reset(options);
    for (const lane of this.#lanes) {
      if (options?.seed !== undefined) lane.seed(options.seed);
      lane.start();
    }
    this.#steps = 0;
    this.#done.fill(0);
    for (const { channel } of this.#actuators) channel.start?.(this.#done);
    return [this.#sense(observation, true), info];
  }

  override step(action: Float32Array): StepResult {
    const [observation, reward, terminated, truncated, info] = this.env.step(this.#act(action));
    this.#steps++;
    let told = reward;
    for (const { lane, definition } of this.#rewards) {
      told = definition.apply(told, lane.level(this.#seconds), lane.rng);
    }
    return [this.#sense(observation, false), told, terminated, truncated, info];
  }

  get #seconds(): number {
    return this.#steps * this.stepSeconds;
  }

  #sense(observation: Float32Array, first: boolean): Float32Array {
    if (this.#sensors.length === 0) return observation;
    const seen = this.#seen;
    seen.set(observation);
    for (const { lane, channel, dimensions } of this.#sensors) {
      if (first) channel.start?.(seen);
      channel.apply(seen, lane.level(this.#seconds), dimensions, lane.rng);
    }
    observation.set(seen);
    return observation;
  }

  #act(action: Float32Array): Float32Array {
    if (this.#actuators.length === 0) return action;
    const done = this.#done;
    for (let i = 0; i < done.length; i++) done[i] = (action[i]! - this.#centre[i]!) / this.#half[i]!;
    for (const { lane, channel, dimensions } of this.#actuators) {
      channel.apply(done, lane.level(this.#seconds), dimensions, lane.rng);
      for (let i = 0; i < done.length; i++) done[i] = Math.max(-1, Math.min(1, done[i]!));
    }
    for (let i = 0; i < done.length; i++) this.#action[i] = this.#centre[i]! + this.#half[i]! * done[i]!;
    return this.#action;
  }

  protected override saveOwn(): Readonly<Record<string, unknown>> {
    return {
      steps: this.#steps,
      lanes: this.#lanes.map((lane) => lane.save()),
      memories: this.#channels.map(({ channel }) => saveNumbers(channel.memory ?? [])),
    };
  }

  protected override loadOwn(own: Readonly<Record<string, unknown>>): void {
    const { steps, lanes, memories } = own as unknown as OwnState;
    this.#steps = steps;
    this.#lanes.forEach((lane, i) => {
      lane.load(lanes[i]!);
    });
    this.#channels.forEach(({ channel }, i) => {
      channel.memory?.set(loadNumbers(memories[i]!));
    });
  }

  get #channels(): readonly ChannelLane[] {
    return [...this.#actuators, ...this.#sensors];
  }
}

interface OwnState {
  readonly steps: number;
  readonly lanes: readonly LaneState[];
  readonly memories: readonly ExactNumbers[];
}

interface ChannelLane {
  readonly lane: Lane;
  readonly channel: Channel;
  readonly dimensions: readonly number[];
}

interface RewardLane {
  readonly lane: Lane;
  readonly definition: RewardDefinition;
}

interface LaneState {
  readonly rng: RngState;
  readonly factor: readonly number[];
}

/** The level of one perturbation over an episode, and its random stream. */
class Lane {
  readonly #spec: PerturbationSpec;
  readonly #at: number;
  readonly #factor: ScheduleFactor;
  rng = new Rng(0);

  constructor(spec: PerturbationSpec, at: number, twoSided: boolean) {
    this.#spec = spec;
    this.#at = at;
    this.#factor = new ScheduleFactor(spec.schedule, twoSided);
  }

  seed(seed: number): void {
    this.rng = new Rng(`env/${seed}`).split(`perturbation/${this.#at}/${this.#spec.axis}`);
  }

  start(): void {
    this.#factor.start();
  }

  level(seconds: number): number {
    return this.#spec.level * this.#factor.at(seconds, this.rng);
  }

  save(): LaneState {
    return { rng: this.rng.snapshot(), factor: this.#factor.save() };
  }

  load({ rng, factor }: LaneState): void {
    this.rng.restore(rng);
    this.#factor.load(factor);
  }
}

function dimensionsOf({ axis, dimensions }: PerturbationSpec, size: number): readonly number[] {
  if (dimensions === null) return Array.from({ length: size }, (_, i) => i);
  const wrong = dimensions.find((i) => i >= size);
  if (wrong !== undefined) {
    throw new UsageError(`perturbation "${axis}": dimension ${wrong}, expected 0 to ${size - 1}`);
  }
  return dimensions;
}
