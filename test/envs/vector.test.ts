import { afterEach, describe, expect, it } from "vitest";
import { SpikegymError, UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { type EnvSpec, makeFromSpec } from "../../envs/vector/env-spec.ts";
import { type InfoShape, InfoSlots, infoSlotBytes } from "../../envs/vector/info-slots.ts";
import { laneSeed } from "../../envs/vector/lane-vector.ts";
import { makeVector } from "../../envs/vector/make-vector.ts";
import { SyncVectorEnv } from "../../envs/vector/sync-vector-env.ts";
import { AUTORESET_MODES, type VectorEnv, type VectorOptions } from "../../envs/vector/vector-env.ts";
import { WorkerVectorEnv, type WorkerVectorOptions } from "../../envs/vector/worker-vector-env.ts";
import { ScriptedEnv } from "./scripted-env.ts";

/** Falls within some ten steps of random pushes. */
const double: EnvSpec = { id: "InvertedDoublePendulum-v5", options: { engine: "lagrangian" } };
const choices: EnvSpec = { id: "CartPole-v1", options: { maxEpisodeSteps: 9 } };
const wrapped: EnvSpec = {
  id: "InvertedPendulum-v5",
  options: { engine: "lagrangian" },
  wrappers: [
    { id: "RecordEpisodeStatistics" },
    { id: "NormalizeObservation" },
    { id: "StickyAction", probability: 0.3 },
    { id: "DelayAction", delay: 1 },
    { id: "TimeLimit", maxEpisodeSteps: 8 },
  ],
};

const opened: VectorEnv[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((vector) => vector.close()));
});

function sync(spec: EnvSpec, options: VectorOptions): SyncVectorEnv {
  const vector = new SyncVectorEnv(() => makeFromSpec(spec), options);
  opened.push(vector);
  return vector;
}

async function inWorkers(spec: EnvSpec, options: WorkerVectorOptions): Promise<WorkerVectorEnv> {
  const vector = await WorkerVectorEnv.open(spec, options);
  opened.push(vector);
  return vector;
}

/** Random actions for all, the same for the same stream. */
function sampleActions(vector: VectorEnv, rng: Rng): number[] {
  return Array.from({ length: vector.count }, () => vector.actionSpace.sample(rng)).flatMap((action) =>
    typeof action === "number" ? [action] : [...(action as Float32Array)],
  );
}

const scripted = (rewards: readonly number[], options: VectorOptions) =>
  new SyncVectorEnv(() => new ScriptedEnv({ rewards }), options);

describe("three environments that end after two steps", () => {
  const actions = [0, 0, 0];

  it("next-step: the last observation first, then a step that is a reset", () => {
    const vector = scripted([1, 2], { count: 3 });
    expect(vector.autoreset).toBe("next-step");
    expect([...vector.reset().observations]).toEqual([0, 10, 0, 10, 0, 10]);
    const middle = vector.step(actions);
    expect([...middle.rewards]).toEqual([1, 1, 1]);
    expect([...middle.finalObservations]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(middle.infos).toEqual([undefined, undefined, undefined]);
    const end = vector.step(actions);
    expect([...end.terminated, ...end.truncated]).toEqual([1, 1, 1, 0, 0, 0]);
    expect([...end.observations]).toEqual([2, 12, 2, 12, 2, 12]);
    expect(end.finalObservations).toEqual(end.observations);
    expect(end.infos).toEqual([{ t: 2 }, { t: 2 }, { t: 2 }]);
    const again = vector.step(actions);
    expect([...again.observations]).toEqual([0, 10, 0, 10, 0, 10]);
    expect([...again.rewards, ...again.terminated, ...again.truncated]).toEqual(Array(9).fill(0));
    expect([...again.finalObservations]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...vector.step(actions).rewards]).toEqual([1, 1, 1]);
  });

  it("same-step: the next start at once, the last observation beside it", () => {
    const vector = scripted([1, 2], { count: 3, autoreset: "same-step" });
    vector.reset();
    vector.step(actions);
    const end = vector.step(actions);
    expect([...end.rewards, ...end.terminated]).toEqual([2, 2, 2, 1, 1, 1]);
    expect([...end.observations]).toEqual([0, 10, 0, 10, 0, 10]);
    expect([...end.finalObservations]).toEqual([2, 12, 2, 12, 2, 12]);
    expect([...vector.step(actions).observations]).toEqual([1, 11, 1, 11, 1, 11]);
  });

  it("disabled: the caller resets with a mask, and a step before that is an error that names the place", () => {
    const vector = scripted([1, 2], { count: 3, autoreset: "disabled" });
    vector.reset();
    vector.step(actions);
    const end = vector.step(actions);
    expect([...end.observations]).toEqual([2, 12, 2, 12, 2, 12]);
    expect(end.finalObservations).toEqual(end.observations);
    const part = vector.reset({ mask: [true, false, true] });
    expect([...part.observations]).toEqual([0, 10, 2, 12, 0, 10]);
    expect(part.infos).toEqual([{}, undefined, {}]);
    expect(() => vector.step(actions)).toThrow(
      /environment 1 of the vector: its episode has ended; reset it/,
    );
    expect(() => vector.step(actions)).toThrow(/out of step \(environment 1.*reset all of them first/);
    expect(() => vector.reset({ mask: [0, 1, 0] })).toThrow(/reset all of them first/);
    vector.reset();
    expect([...vector.step(actions).observations]).toEqual([1, 11, 1, 11, 1, 11]);
  });

  it("gives every info when asked to", () => {
    const vector = scripted([1, 2], { count: 2, infos: "every" });
    vector.reset();
    expect(vector.step([0, 0]).infos).toEqual([{ t: 1 }, { t: 1 }]);
  });

  it("returns fresh arrays", () => {
    const vector = scripted([1, 2], { count: 1 });
    const { observations } = vector.reset();
    const first = vector.step([0]);
    vector.step([0]);
    expect([...observations, ...first.observations, ...first.rewards]).toEqual([0, 10, 1, 11, 1]);
  });
});

describe("seeds", () => {
  it("differ by place, and do not depend on how many environments there are", () => {
    const seeds = Array.from({ length: 100 }, (_, lane) => laneSeed(5, lane));
    expect(new Set(seeds).size).toBe(100);
    const few = sync(double, { count: 2 }).reset({ seed: 5 }).observations;
    const many = sync(double, { count: 4 }).reset({ seed: 5 }).observations;
    expect(many.slice(0, few.length)).toEqual(few);
    expect(many.slice(few.length, 2 * few.length)).not.toEqual(few);
    const single = makeFromSpec(double).reset({ seed: laneSeed(5, 1) })[0];
    expect(few.slice(few.length / 2)).toEqual(single);
  });

  it("may be given one by one", () => {
    const { observations } = sync(double, { count: 2 }).reset({ seed: [3, 3] });
    expect(observations.slice(9)).toEqual(observations.slice(0, 9));
  });
});

describe("in worker threads", () => {
  const cases = [
    { name: "boxes", spec: double },
    { name: "choices", spec: choices },
    { name: "wrapped", spec: wrapped },
  ].flatMap((one) => AUTORESET_MODES.map((autoreset) => ({ ...one, autoreset })));

  it.each(cases)(
    "everything is as in one thread, to the bit: $name, $autoreset",
    async ({ spec, autoreset }) => {
      const options = { count: 5, autoreset };
      const one = sync(spec, options);
      // Threads take their time to start: several of them once, else one beside this.
      const workers = spec === double && autoreset === "next-step" ? 3 : 1;
      const many = await inWorkers(spec, { ...options, workers });
      expect(many.workers).toBe(workers);
      expect(many.reset({ seed: 3 })).toEqual(one.reset({ seed: 3 }));
      const rng = new Rng("vector");
      let ends = 0;
      for (let i = 0; i < 40; i++) {
        const actions = sampleActions(one, rng);
        const step = one.step(actions);
        expect(many.step(actions)).toEqual(step);
        const mask = step.terminated.map((t, lane) => t | step.truncated[lane]!);
        const over = mask.reduce((a, b) => a + b);
        ends += over;
        // The last observation and info are there for exactly those whose episode ended.
        expect(step.infos.map((info) => (info === undefined ? 0 : 1))).toEqual([...mask]);
        for (let lane = 0; lane < 5; lane++) {
          const size = one.observationSize;
          const final = step.finalObservations.slice(lane * size, (lane + 1) * size);
          expect(final.some((x) => x !== 0)).toBe(mask[lane] === 1);
        }
        if (autoreset === "disabled" && over > 0) expect(many.reset({ mask })).toEqual(one.reset({ mask }));
      }
      expect(ends).toBeGreaterThan(5);
    },
  );

  it("snapshots go from workers to one thread and back, through JSON, and on to the same bits", async () => {
    const many = await inWorkers(wrapped, { count: 3, workers: 2 });
    const one = sync(wrapped, { count: 3 });
    const rng = new Rng("snapshot");
    many.reset({ seed: 9 });
    for (let i = 0; i < 8; i++) many.step(sampleActions(many, rng));
    one.restore(JSON.parse(JSON.stringify(many.snapshot())));
    const playOn = (a: VectorEnv, b: VectorEnv) => {
      for (let i = 0; i < 20; i++) {
        const actions = sampleActions(a, rng);
        expect(a.step(actions)).toEqual(b.step(actions));
      }
    };
    playOn(many, one);
    const third = await inWorkers(wrapped, { count: 3, workers: 1 });
    third.restore(one.snapshot());
    playOn(third, one);
  });

  it("an error in one surfaces once, with its kind and place, and a reset of all makes it good", async () => {
    const many = await inWorkers(double, { count: 4, workers: 1 });
    expect(() => many.step([0, 0, 0, 0])).toThrow(/environment 0 of the vector: .*has not been reset/);
    many.reset({ seed: 1 });
    const bad = () => many.step([0, 0, Number.NaN, 0]);
    expect(bad).toThrow(UsageError);
    many.reset({ seed: 1 });
    expect(bad).toThrow(/environment 2 of the vector: InvertedDoublePendulum-v5.step: action is NaN/);
    expect(() => many.step([0, 0, 0, 0])).toThrow(/out of step/);
    expect(() => many.snapshot()).toThrow(/out of step/);
    const one = sync(double, { count: 4 });
    expect(many.reset({ seed: 1 })).toEqual(one.reset({ seed: 1 }));
    expect(many.step([0, 0.5, 0, 0])).toEqual(one.step([0, 0.5, 0, 0]));
  });

  it("a physics that blows up ends its own episode alone and says so", async () => {
    const many = await inWorkers(
      { id: double.id, options: { ...double.options, gearN: 1e300, railHalfLengthM: null } },
      { count: 2, workers: 1 },
    );
    many.reset({ seed: 0 });
    const step = many.step([1, 0]);
    expect([...step.terminated]).toEqual([1, 0]);
    expect(step.infos).toEqual([{ nonFinite: true }, undefined]);
    expect([...step.observations, ...step.finalObservations, ...step.rewards].every(Number.isFinite)).toBe(
      true,
    );
    expect(step.finalObservations.slice(0, 9)).toEqual(step.observations.slice(0, 9));
  });

  it("each loads its own MuJoCo", async () => {
    const spec: EnvSpec = { id: "InvertedPendulum-v5", options: { engine: "mujoco" } };
    const many = await inWorkers(spec, { count: 3, workers: 1 });
    const one = sync(spec, { count: 3 });
    expect(many.reset({ seed: 2 })).toEqual(one.reset({ seed: 2 }));
    expect(many.step([1, -1, 0])).toEqual(one.step([1, -1, 0]));
  });

  it("a worker that does not answer in time is an error, and the vector says from then on that it is lost", async () => {
    const many = await inWorkers(double, { count: 2, workers: 1, timeoutS: 0.2 });
    // The second environment, the worker's, takes seconds for a step.
    many.reset({ seed: 1, parameters: [undefined, { frameSkip: 1e7 }] });
    expect(() => many.step([0, 0])).toThrow(/vector worker 0 has not answered for 0.2 s; close/);
    expect(() => many.reset({ seed: 1 })).toThrow(/lost a worker/);
    await many.close();
  });

  it("parameters change in all environments, or in each its own, wherever they run", async () => {
    const many = await inWorkers(double, { count: 4, workers: 2 });
    const one = sync(double, { count: 4 });
    const both = (act: (vector: VectorEnv) => unknown) => expect(act(many)).toEqual(act(one));
    const play = () => {
      for (let i = 0; i < 3; i++) both((vector) => vector.step([0.1, -0.2, 0.3, -0.4]));
    };
    both((vector) => vector.reset({ seed: 2, parameters: { gearN: 100, timeStepS: 0.005 } }));
    play();
    both((vector) => vector.setParameters({ pole1MassKg: 2 }));
    play();
    const own = [undefined, { pole2LengthM: 1 }, undefined, { angleNoiseRad: 0.1 }];
    both((vector) => vector.setParameters(own));
    play();
    const masses = (vector: VectorEnv) =>
      vector.snapshot().lanes.map(({ env }) => (env.parameters as Record<string, number>).pole2LengthM);
    expect(masses(many)).toEqual([0.6, 1, 0.6, 0.6]);
    both(masses);
    for (const vector of [many, one]) {
      expect(() => vector.setParameters([{}])).toThrow(/parameters has 1 entries, expected 4/);
      expect(() => vector.setParameters([undefined, {}, {}, { poleMass: 1 }])).toThrow(
        /environment 3 of the vector: .*unknown key "poleMass"/,
      );
    }
  });

  it("infos of any kind arrive: other keys, nested, not finite, texts and arrays", () => {
    const slots = new InfoSlots(new ArrayBuffer(infoSlotBytes(2)), 2);
    const shapes: InfoShape[] = [];
    const infos = [
      { a: 1, b: true },
      { a: -0, b: false },
      { b: true, a: Number.NaN },
      {},
      { episode: { return: Number.POSITIVE_INFINITY, inner: { x: 2 } }, z: 3 },
      Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, i])),
    ];
    for (const info of [...infos, ...infos]) {
      expect(slots.take(1, shapes)).toBeUndefined();
      expect(slots.write(1, info, shapes)).toBe(true);
      expect(slots.take(0, shapes)).toBeUndefined();
      const taken = slots.take(1, shapes)!;
      expect(taken).toEqual(info);
      expect(Object.keys(taken)).toEqual(Object.keys(info));
    }
    expect(shapes).toHaveLength(5);
    for (const odd of [{ text: "a" }, { list: [1] }, { nothing: null }, { ...infos[5], more: 1 }]) {
      expect(slots.write(1, odd, shapes)).toBe(false);
      expect(slots.take(1, shapes)).toBeUndefined();
    }
  });

  it("after close there is an error, and closing twice is nothing", async () => {
    const many = await WorkerVectorEnv.open(double, { count: 2, workers: 1 });
    many.reset({ seed: 1 });
    await many.close();
    await many.close();
    expect(() => many.step([0, 0])).toThrow(/is closed; open another/);
  });
});

describe("makeVector", () => {
  it("makes the same numbers in one thread and in several, wrappers and engine included", async () => {
    const choices = {
      count: 3,
      options: { engine: "mujoco" },
      wrappers: [{ id: "RescaleAction" }],
    } as const;
    const one = await makeVector("InvertedPendulum-v5", choices);
    const many = await makeVector("InvertedPendulum-v5", { ...choices, threads: 2 });
    opened.push(one, many);
    expect(one).toBeInstanceOf(SyncVectorEnv);
    expect(many).toBeInstanceOf(WorkerVectorEnv);
    expect(many.reset({ seed: 4 })).toEqual(one.reset({ seed: 4 }));
    expect(many.step([1, -1, 0.5])).toEqual(one.step([1, -1, 0.5]));
  });

  it("refuses threads and ids that there are not", async () => {
    await expect(makeVector("CartPole-v1", { count: 2, threads: 0 })).rejects.toThrow(
      /threads is 0, expected/,
    );
    await expect(makeVector("CartPol-v1", { count: 2 })).rejects.toThrow(/did you mean "CartPole-v1"/);
  });
});

describe("impossible wishes", () => {
  it("name what was got and what is expected", async () => {
    const vector = sync(double, { count: 2 });
    expect(() => vector.reset({ seed: -1 })).toThrow(/seed is -1, expected an integer/);
    expect(() => vector.reset({ seed: [1] })).toThrow(/seed has 1 entries, expected 2/);
    expect(() => vector.reset({ mask: [true] })).toThrow(/mask has 1 entries, expected 2/);
    vector.reset();
    expect(() => vector.step([0])).toThrow(/actions is \[1\], expected \[2\]/);
    expect(() => vector.restore({ lanes: [] })).toThrow(/has 0 environments, expected 2/);
    expect(() => sync(double, { count: 0 })).toThrow(/count is 0/);
    expect(() => sync(double, { count: 1, autoreset: "never" as "disabled" })).toThrow(
      /autoreset is "never", expected one of next-step, same-step, disabled/,
    );
    await expect(WorkerVectorEnv.open({ id: "CartPol-v1" }, { count: 1 })).rejects.toThrow(/did you mean/);
    await expect(WorkerVectorEnv.open(double, { count: 1, workers: 0 })).rejects.toThrow(/workers is 0/);
    const misspelt = { ...double, wrapper: [] } as EnvSpec;
    await expect(WorkerVectorEnv.open(misspelt, { count: 1 })).rejects.toThrow(
      /unknown key "wrapper"; did you mean "wrappers"/,
    );
    await expect(WorkerVectorEnv.open(double, { count: 1, timeoutS: 0 })).rejects.toThrow(SpikegymError);
  });
});
