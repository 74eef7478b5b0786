import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { ShapeError, SpikegymError } from "../../core/errors.ts";
import type { Rng } from "../../core/rng.ts";
import { fusedAdam, fusedPolyak } from "../../kernels/fused-adam.ts";
import { place, storage } from "../../kernels/load.ts";
import { initialiseMlp, type MlpShape, mlp } from "../../kernels/mlp.ts";
import { squashedGaussian } from "../../kernels/squashed-gaussian.ts";
import type { AdamState } from "../../tensors/adam.ts";
import type {
  Agent,
  DecisionTrace,
  LearnerSnapshot,
  PopulationDescription,
  TransitionBatch,
  UpdateMetrics,
} from "../algorithm.ts";
import { type ActorParameters, type ActorShape, SpikingActor } from "../spiking-actor.ts";

export const sacParameters = z.strictObject({
  gamma: z.number().min(0).max(1).default(0.99).describe("discount of a reward one step later"),
  tau: z
    .number()
    .min(0)
    .max(1)
    .default(0.005)
    .describe("share by which the target critics follow the critics at each update"),
  actorLearningRate: z.number().positive().default(3e-4).describe("Adam's rate for the actor"),
  criticLearningRate: z.number().positive().default(3e-4).describe("Adam's rate for the critics"),
  temperature: z.number().min(0).default(0.2).describe("weight of the entropy beside the reward"),
  rewardScale: z.number().positive().default(1).describe("factor on the reward the critics learn from"),
  batchSize: z.number().int().min(1).default(64).describe("transitions in an update"),
  criticHidden: z
    .array(z.number().int().min(1))
    .default([128, 128])
    .describe("hidden ReLU units of each critic"),
});

export type SacSettings = z.output<typeof sacParameters>;

interface Learner {
  readonly actor: ActorParameters;
  readonly critics: Tensor1D;
  readonly targets: Tensor1D;
  bodyAdam: AdamState;
  headsAdam: AdamState;
  criticAdam: AdamState;
}

/**
 * Soft actor-critic (Haarnoja et al. 2018, "Soft actor-critic algorithms and applications") with the published spiking
 * actor and twin critics on the newest observation. Fixed temperature. One update:
 *
 *   y      = scale r + gamma (1 - terminated) [min_i Q'_i(x', a') - alpha log pi(a'|x')],     a' ~ pi(.|x')
 *   L_Q    = sum_i mean (Q_i(x, a) - y)^2
 *   L_pi   = mean [alpha log pi(a~|x) - min_i Q_i(x, a~)],                                    a~ ~ pi(.|x)
 *   Q'_i  <- (1 - tau) Q'_i + tau Q_i
 *
 * The policy's loss sees the critics after their step. A time limit does not end the bootstrap, a termination does.
 */
export class SacAgent implements Agent {
  readonly id = "sac";
  readonly settings: SacSettings;
  readonly actor: SpikingActor;
  readonly #critic: MlpShape;
  readonly #learner: Learner;

  constructor(shape: ActorShape, settings: SacSettings, rng: Rng) {
    this.settings = settings;
    this.actor = new SpikingActor(shape);
    this.#critic = {
      sizes: [shape.observationSize + shape.actionSize, ...settings.criticHidden, 1],
      members: 2,
    };
    const fresh = this.actor.initialise(rng.split("actor"));
    const critics = initialiseMlp(this.#critic, rng.split("critics"));
    const adam = (size: number): AdamState => ({
      m: place(new Float32Array(size)) as Tensor1D,
      v: place(new Float32Array(size)) as Tensor1D,
      step: 0,
    });
    this.#learner = {
      actor: {
        body: place(fresh.body) as Tensor1D,
        heads: place(fresh.heads) as Tensor1D,
        constants: place(fresh.constants.values, [fresh.constants.rows, shape.population]) as Tensor2D,
      },
      critics: place(critics) as Tensor1D,
      targets: place(critics) as Tensor1D,
      bodyAdam: adam(fresh.body.length),
      headsAdam: adam(fresh.heads.length),
      criticAdam: adam(critics.length),
    };
  }

  get policyParameters(): number {
    return this.actor.parameterCount;
  }

  act(windows: Float32Array, batch: number, rng: Rng | null, out: Float32Array): void {
    const { encoder, observationSize, actionSize } = this.actor.shape;
    if (windows.length !== encoder.window * batch * observationSize) {
      throw new ShapeError(
        "sac act: windows",
        [windows.length],
        `[${encoder.window}, ${batch}, ${observationSize}] flat`,
      );
    }
    tf.tidy(() => {
      const x = place(windows, [encoder.window, batch, observationSize]) as Tensor3D;
      const heads = storage(this.actor.forward(x, this.#learner.actor));
      const size = batch * actionSize;
      for (let i = 0; i < size; i++) {
        const noise =
          rng === null ? 0 : Math.exp(Math.min(2, Math.max(-20, heads[size + i]!))) * rng.normal();
        out[i] = Math.tanh(heads[i]! + noise);
      }
    });
  }

  update(experience: TransitionBatch, rng: Rng): UpdateMetrics {
    const { gamma, tau, temperature, rewardScale, actorLearningRate, criticLearningRate } = this.settings;
    const { encoder, observationSize, actionSize } = this.actor.shape;
    const { batch } = experience;
    const learner = this.#learner;
    return tf.tidy(() => {
      const observation = place(experience.observation, [encoder.window, batch, observationSize]) as Tensor3D;
      const nextObservation = place(experience.nextObservation, [
        encoder.window,
        batch,
        observationSize,
      ]) as Tensor3D;
      const x = newest(observation);
      const [q, criticGradient] = this.#criticLoss(
        x,
        nextObservation,
        experience,
        gamma,
        temperature,
        rewardScale,
        rng,
      );
      learner.criticAdam = fusedAdam(learner.critics, criticGradient, learner.criticAdam, {
        learningRate: criticLearningRate,
      });

      const noise = normals(batch, actionSize, rng);
      let entropy = 0;
      const policyLoss = (body: Tensor, heads: Tensor): Tensor => {
        const actor = { ...learner.actor, body: body as Tensor1D, heads: heads as Tensor1D };
        const { action, logDensity } = squashedGaussian(this.actor.forward(observation, actor), noise);
        entropy = -mean(logDensity);
        const value = this.#minimum(x, action, learner.critics);
        return tf.mean(tf.sub(tf.mul(logDensity, temperature), value));
      };
      const policy = tf.valueAndGrads(policyLoss)([learner.actor.body, learner.actor.heads]);
      const [bodyGradient, headsGradient] = policy.grads as [Tensor1D, Tensor1D];
      const rate = { learningRate: actorLearningRate };
      learner.bodyAdam = fusedAdam(learner.actor.body, bodyGradient, learner.bodyAdam, rate);
      learner.headsAdam = fusedAdam(learner.actor.heads, headsGradient, learner.headsAdam, rate);
      fusedPolyak(learner.targets, learner.critics, tau);

      const metrics = { criticLoss: scalar(q), policyLoss: scalar(policy.value), entropy };
      for (const [name, value] of Object.entries(metrics)) {
        if (!Number.isFinite(value)) {
          throw new SpikegymError(
            `sac: ${name} is ${value} at update ${learner.criticAdam.step}; lower the learning rates`,
          );
        }
      }
      return metrics;
    });
  }

  trace(window: Float32Array, neurons: readonly number[]): DecisionTrace {
    const { encoder, neuron, observationSize, actionSize, population } = this.actor.shape;
    const { actor, critics } = this.#learner;
    return tf.tidy(() => {
      const x = place(window, [encoder.window, 1, observationSize]) as Tensor3D;
      const { output, spikes, states } = this.actor.layer.trace(
        encoder.encode(x),
        actor.body,
        actor.constants,
      );
      const rates = tf.mean(output, 0) as Tensor2D;
      const heads = storage(mlp(rates, actor.heads, this.actor.heads));
      const action = Float32Array.from({ length: actionSize }, (_, i) => Math.tanh(heads[i]!));
      const width = neuron.variables.length;
      const variables = new Float32Array(encoder.ticks * neurons.length * width);
      const one = new Float32Array(encoder.ticks * width);
      const kept = {
        ticks: encoder.ticks,
        units: population,
        states: storage(states),
        constants: storage(actor.constants),
      };
      neurons.forEach((unit, i) => {
        neuron.readVariables(kept, unit, one);
        for (let t = 0; t < encoder.ticks; t++) {
          variables.set(one.subarray(t * width, (t + 1) * width), (t * neurons.length + i) * width);
        }
      });
      const value = scalar(this.#minimum(newest(x), tf.tensor2d(action, [1, actionSize]), critics));
      return { action, spikes: storage(spikes).slice(), rates: storage(rates).slice(), variables, value };
    });
  }

  describePopulation(windows: Float32Array, batch: number): PopulationDescription {
    const { encoder, observationSize, population } = this.actor.shape;
    const { actor } = this.#learner;
    return tf.tidy(() => {
      const x = place(windows, [encoder.window, batch, observationSize]) as Tensor3D;
      const rates = this.actor.layer.rates(encoder.encode(x), actor.body, actor.constants);
      const action = (r: Tensor) =>
        tf.sum(tf.tanh(tf.unstack(mlp(r as Tensor2D, actor.heads, this.actor.heads))[0]!));
      const slopes = storage(tf.grads(action)([rates])[0]!);
      const sensitivity = new Float32Array(population);
      for (let i = 0; i < slopes.length; i++) sensitivity[i % population]! += slopes[i]! / batch;
      const weight = this.actor.layer.layout.view(storage(actor.body), "0/0/weight");
      const inputWeights = new Float32Array(weight.length);
      const inputs = weight.length / population;
      for (let i = 0; i < inputs; i++) {
        for (let u = 0; u < population; u++) inputWeights[u * inputs + i] = weight[i * population + u]!;
      }
      return { sensitivity, inputWeights };
    });
  }

  snapshot(): LearnerSnapshot {
    const { bodyAdam, headsAdam, criticAdam } = this.#learner;
    const arrays: Record<string, { shape: number[]; values: Float32Array }> = {};
    for (const [name, tensor] of this.#tensors()) {
      arrays[name] = { shape: tensor.shape, values: storage(tensor).slice() };
    }
    return {
      arrays,
      state: { bodyStep: bodyAdam.step, headsStep: headsAdam.step, criticStep: criticAdam.step },
    };
  }

  restore({ arrays, state }: LearnerSnapshot): void {
    for (const [name, tensor] of this.#tensors()) {
      const array = arrays[name];
      if (array === undefined) throw new SpikegymError(`sac: the checkpoint has no array "${name}"`);
      if (array.shape.join() !== tensor.shape.join()) {
        throw new ShapeError(
          `sac: the checkpoint's "${name}"`,
          array.shape,
          `[${tensor.shape.join(", ")}]`,
          "it is of another network",
        );
      }
    }
    for (const [name, tensor] of this.#tensors()) storage(tensor).set(arrays[name]!.values);
    const steps = snapshotState.parse(state);
    const learner = this.#learner;
    learner.bodyAdam = { ...learner.bodyAdam, step: steps.bodyStep };
    learner.headsAdam = { ...learner.headsAdam, step: steps.headsStep };
    learner.criticAdam = { ...learner.criticAdam, step: steps.criticStep };
  }

  dispose(): void {
    for (const [, tensor] of this.#tensors()) tensor.dispose();
  }

  #criticLoss(
    x: Tensor2D,
    nextObservation: Tensor3D,
    { batch, action, reward, terminated }: TransitionBatch,
    gamma: number,
    temperature: number,
    rewardScale: number,
    rng: Rng,
  ): [loss: Tensor, gradient: Tensor1D] {
    const { actionSize } = this.actor.shape;
    const { actor, critics, targets } = this.#learner;
    const { action: nextAction, logDensity } = squashedGaussian(
      this.actor.forward(nextObservation, actor),
      normals(batch, actionSize, rng),
    );
    const nextValue = tf.sub(
      this.#minimum(newest(nextObservation), nextAction, targets),
      tf.mul(logDensity, temperature),
    );
    const target = new Float32Array(batch);
    const next = storage(nextValue);
    for (let i = 0; i < batch; i++) {
      target[i] = rewardScale * reward[i]! + gamma * (1 - terminated[i]!) * next[i]!;
    }
    const y = place(target, [1, batch, 1]);
    const pairs = tf.concat([x, place(action, [batch, actionSize])], 1) as Tensor2D;
    const loss = (parameters: Tensor) =>
      tf.mul(tf.sum(tf.squaredDifference(mlp(pairs, parameters as Tensor1D, this.#critic), y)), 1 / batch);
    const { value, grads } = tf.valueAndGrads(loss)([critics]);
    return [value, grads[0] as Tensor1D];
  }

  /** min over the twins of Q(x, a), [batch, 1]. */
  #minimum(x: Tensor2D, action: Tensor2D, parameters: Tensor1D): Tensor2D {
    const q = mlp(tf.concat([x, action], 1) as Tensor2D, parameters, this.#critic);
    const [first, second] = tf.unstack(q) as [Tensor2D, Tensor2D];
    return tf.minimum(first, second);
  }

  #tensors(): [string, Tensor][] {
    const { actor, critics, targets, bodyAdam, headsAdam, criticAdam } = this.#learner;
    return [
      ["actor/body", actor.body],
      ["actor/heads", actor.heads],
      ["actor/constants", actor.constants],
      ["critics", critics],
      ["targets", targets],
      ["adam/body/m", bodyAdam.m],
      ["adam/body/v", bodyAdam.v],
      ["adam/heads/m", headsAdam.m],
      ["adam/heads/v", headsAdam.v],
      ["adam/critics/m", criticAdam.m],
      ["adam/critics/v", criticAdam.v],
    ];
  }
}

/** The catalogue's entry. */
export const sac = {
  id: "sac",
  summary: "soft actor-critic, fixed temperature, twin critics",
  references: ["Haarnoja et al., Soft actor-critic algorithms and applications (2018)"],
  parameters: sacParameters,
  create: (shape: ActorShape, settings: SacSettings, rng: Rng): Agent => new SacAgent(shape, settings, rng),
} as const;

const snapshotState = z.strictObject({
  bodyStep: z.number().int().min(0),
  headsStep: z.number().int().min(0),
  criticStep: z.number().int().min(0),
});

/** The last observation of each window, [batch, observation]. */
function newest(window: Tensor3D): Tensor2D {
  const [steps, batch, size] = window.shape;
  return tf.reshape(tf.slice(window, [steps - 1, 0, 0], [1, batch, size]), [batch, size]);
}

function normals(batch: number, actions: number, rng: Rng): Tensor2D {
  const values = new Float32Array(batch * actions);
  rng.fillNormal(values);
  return place(values, [batch, actions]) as Tensor2D;
}

function scalar(tensor: Tensor): number {
  return storage(tensor)[0]!;
}

function mean(tensor: Tensor): number {
  const values = storage(tensor);
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
