import type { Tensor1D, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { UsageError } from "../core/errors.ts";
import type { Rng } from "../core/rng.ts";
import { beside } from "../kernels/loss-ops.ts";
import { mlp } from "../kernels/mlp.ts";
import { initialiseMlp, type MlpShape } from "../kernels/mlp-shape.ts";
import type { SpikeEncoder } from "../neurons/encoders/spike-encoder.ts";
import type { NeuronModel } from "../neurons/neuron-model.ts";
import { SpikingLayer } from "../neurons/spiking-layer.ts";
import type { LearnerState } from "./learner-state.ts";
import type { Seen } from "./seen.ts";

/** Spiking neurons in a critic. */
export interface CriticShape {
  readonly neuron: NeuronModel;
  readonly encoder: SpikeEncoder;
  /** Neurons in the population of each critic. */
  readonly population: number;
}

/** Networks that judge what was seen, and actions beside it where there are any: a number of each member for each row. */
export interface CriticBody {
  /** Fresh parameters, one flat vector after another, with their names. */
  initialise(rng: Rng): (readonly [name: string, values: Float32Array])[];
  /** @param parameters in the order of `initialise`; @returns [members, rows, 1] */
  judge(seen: Seen, action: Tensor2D | null, parameters: readonly Tensor1D[]): Tensor3D;
}

/** What a critic is to judge. */
export interface Judged {
  readonly observationSize: number;
  /** 0 where a critic sees no action. */
  readonly actionSize: number;
}

/** ReLU networks on the newest observation and the action: the published critics. */
export function plainCritic(
  { observationSize, actionSize }: Judged,
  hidden: readonly number[],
  members: number,
): CriticBody {
  const shape: MlpShape = { sizes: [observationSize + actionSize, ...hidden, 1], members };
  return {
    initialise: (rng) => [["", initialiseMlp(shape, rng)]],
    judge({ newest }, action, [parameters]) {
      const x = action === null ? newest : beside(newest, action);
      return mlp(x, parameters!, shape);
    },
  };
}

/**
 * Critics of spiking neurons, one population each, at rest at the start of every judgement; the action is an input
 * beside each observation of the window:
 *
 *   window -> encoder, with the action beside -> W x + b -> neurons over all ticks -> rates -> ReLU layers -> value
 */
export function spikingCritic(
  { observationSize, actionSize }: Judged,
  { neuron, encoder, population }: CriticShape,
  hidden: readonly number[],
  members: number,
  state: LearnerState,
  rng: Rng,
): CriticBody {
  if (encoder.trained !== undefined) {
    throw new UsageError(
      `policy.critic: encoder "${encoder.id}" has trained parameters, which a critic's cannot have; make them fixed`,
    );
  }
  const inputSize = encoder.inputSize(observationSize) + actionSize;
  const layer = new SpikingLayer(neuron, inputSize, population, encoder.ticks, encoder.repeat);
  const heads: MlpShape = { sizes: [layer.outputSize, ...hidden, 1], members: 1 };
  const constants = Array.from({ length: members }, (_, k) => {
    const { rows, values } = layer.constants(rng.split(`constants/${k}`));
    return state.kept<Tensor2D>(`critics/${k}/constants`, values, [rows, population]);
  });
  return {
    initialise: (stream) =>
      constants.flatMap((_, k) => [
        [`/${k}/body`, layer.initialise(stream.split(`${k}/body`))] as const,
        [`/${k}/heads`, initialiseMlp(heads, stream.split(`${k}/heads`))] as const,
      ]),
    judge({ windows }, action, parameters) {
      const shown = encoder.encode(latest(windows, encoder.window));
      const inputs = action === null ? shown : eachBeside(shown, action);
      const values = constants.map((own, k) => {
        const rates = layer.rates(inputs, parameters[2 * k]!, own);
        return mlp(rates, parameters[2 * k + 1]!, heads);
      });
      return values.length === 1 ? values[0]! : (tf.concat(values, 0) as Tensor3D);
    },
  };
}

/** The last of the observations of each window. @throws UsageError where there are fewer */
function latest(windows: Tensor3D, count: number): Tensor3D {
  const [length, rows, size] = windows.shape;
  if (count === length) return windows;
  if (count > length) {
    throw new UsageError(
      `policy.critic: its encoder looks at ${count} observations, the policy's at ${length}; expected no more than those`,
    );
  }
  return tf.slice(windows, [length - count, 0, 0], [count, rows, size]);
}

/** The body a policy's shape asks for. */
export function criticBody(
  judged: Judged,
  shape: CriticShape | null | undefined,
  hidden: readonly number[],
  members: number,
  state: LearnerState,
  rng: Rng,
): CriticBody {
  return shape === null || shape === undefined
    ? plainCritic(judged, hidden, members)
    : spikingCritic(judged, shape, hidden, members, state, rng);
}

/** Each input [inputs, rows, size] with the action [rows, n] beside it. */
function eachBeside(inputs: Tensor3D, action: Tensor2D): Tensor3D {
  const [count, rows, size] = inputs.shape;
  const width = action.shape[1];
  const repeated = tf.concat(new Array<Tensor2D>(count).fill(action), 0);
  const pairs = tf.concat([tf.reshape(inputs, [count * rows, size]), repeated], 1);
  return tf.reshape(pairs, [count, rows, size + width]);
}
