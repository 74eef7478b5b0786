import { describeMachine, type Machine } from "../machine.ts";
import { median } from "../statistics/descriptive.ts";
import { energyMicrojoules } from "./energy.ts";
import { type ExecutedOperations, totalOperations } from "./executed-network.ts";
import { type Operations, scaleOperations, sumOperations } from "./operations.ts";

/** What is known of a model without running it for long. */
export interface ModelCounts {
  readonly id: string;
  /** Body: fully connected classifier, convolutional one, policy, information bottleneck. */
  readonly kind: "fc" | "conv" | "rl" | "vib";
  /** Family of settings, or the run's. */
  readonly settings: string;
  /** The run whose weights it has; null: untrained. */
  readonly run: string | null;
  readonly parameters: number;
  /** One inference by the paper's convention; null where the paper counts no such model. */
  readonly published: Operations | null;
  /** One inference as it is run, batch 1. */
  readonly executed: ExecutedOperations;
  /** Of one inference, the mean over recorded ones; null without spikes. */
  readonly spikes: number | null;
  readonly synaptic: number | null;
  /** What the spikes were counted over, in words. */
  readonly recorded: string | null;
  readonly stateBytes: number;
  /** Of one training step, with `batch` samples of which `chunk` are worked on at once. */
  readonly trainingBytes: number;
  readonly batch: number;
}

/** A model ready to be timed. */
export interface CostedModel {
  readonly counts: ModelCounts;
  /** Times of one training step and of one inference (batch 1), ms, measured now. */
  trainStepMs(): number;
  inferenceMs(): number;
  dispose(): void;
}

/** A line of the account. */
export interface ModelCost {
  readonly id: string;
  readonly kind: ModelCounts["kind"];
  readonly settings: string;
  readonly run: string | null;
  readonly parameters: number;
  /** The published convention's. */
  readonly additions: number | null;
  readonly multiplications: number | null;
  readonly executedOperations: Operations &
    Readonly<Record<"projection" | "neurons" | "readout", Operations>>;
  readonly spikesPerInference: number | null;
  readonly synapticOperations: number | null;
  readonly recorded: string | null;
  readonly energyMicrojoules: {
    readonly published: number | null;
    readonly executed: number;
    /** What reads spikes adds once for each of them, instead of multiplying; null without spikes. */
    readonly eventDriven: number | null;
  };
  readonly stateBytes: number;
  readonly trainingBytes: number;
  readonly batch: number;
  /** Medians over interleaved rounds; null where nothing was timed. */
  readonly trainStepMs: number | null;
  readonly inferenceMs: number | null;
}

export interface CostAccount {
  readonly command: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly models: readonly ModelCost[];
}

/**
 * Times every model in turns, so that a slow second of the machine hits them all, and joins times and counts.
 *
 * @param rounds 0: nothing is timed
 */
export function measureCosts(
  models: readonly CostedModel[],
  { rounds, command, onProgress }: CostOptions,
): CostAccount {
  const times = models.map(() => ({ train: [] as number[], inference: [] as number[] }));
  // The first round warms up.
  const turns = rounds === 0 ? 0 : rounds + 1;
  for (let round = 0; round < turns; round++) {
    models.forEach((model, i) => {
      onProgress?.(round * models.length + i, turns * models.length, model.counts.id);
      const [train, inference] = [model.trainStepMs(), model.inferenceMs()];
      if (round === 0) return;
      times[i]!.train.push(train);
      times[i]!.inference.push(inference);
    });
  }
  return {
    command,
    machine: describeMachine(),
    rounds,
    models: models.map(({ counts }, i) => costOf(counts, times[i]!)),
  };
}

export interface CostOptions {
  readonly rounds: number;
  /** What makes this account, for its page. */
  readonly command: string;
  readonly onProgress?: (done: number, total: number, model: string) => void;
}

export function costOf(
  counts: ModelCounts,
  times: { readonly train: readonly number[]; readonly inference: readonly number[] },
): ModelCost {
  const { executed, published, synaptic } = counts;
  const total = totalOperations(executed);
  const medianOf = (values: readonly number[]) => (values.length === 0 ? null : median(values));
  return {
    id: counts.id,
    kind: counts.kind,
    settings: counts.settings,
    run: counts.run,
    parameters: counts.parameters,
    additions: published?.additions ?? null,
    multiplications: published?.multiplications ?? null,
    executedOperations: {
      ...total,
      projection: executed.projection,
      neurons: executed.neurons,
      readout: executed.readout,
    },
    spikesPerInference: counts.spikes,
    synapticOperations: synaptic,
    recorded: counts.recorded,
    energyMicrojoules: {
      published: published === null ? null : energyMicrojoules(published),
      executed: energyMicrojoules(total),
      eventDriven: synaptic === null ? null : energyMicrojoules(eventDriven(executed, synaptic)),
    },
    stateBytes: counts.stateBytes,
    trainingBytes: counts.trainingBytes,
    batch: counts.batch,
    trainStepMs: medianOf(times.train),
    inferenceMs: medianOf(times.inference),
  };
}

/** Real-valued inputs are projected as they are; a spike costs an addition at each of its synapses. */
function eventDriven({ analogue, neurons, behindSpikes }: ExecutedOperations, synaptic: number): Operations {
  const additions = scaleOperations({ additions: 1, multiplications: 0 }, synaptic);
  return sumOperations(analogue, neurons, additions, behindSpikes);
}
