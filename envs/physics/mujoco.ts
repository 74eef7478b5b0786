import { SpikegymError } from "../../core/errors.ts";
import { type CartChain, dofCount } from "./cart-chain.ts";
import { ChainDynamics } from "./chain-dynamics.ts";
import {
  captureState,
  type EngineDefinition,
  type EngineSnapshot,
  type EngineTiming,
  type PhysicsEngine,
} from "./engine.ts";
import { modelOf } from "./mujoco-model.ts";

const PACKAGE = "@mujoco/mujoco";

/** MuJoCo calls anything larger a state that has blown up (mjMAXVAL). */
const LARGEST = 1e10;

/** The part of the package that is used here, so that spikegym's types do not hang on an optional package's. */
interface MujocoLibrary {
  readonly MjModel: { from_xml_string(xml: string): MujocoModel | null };
  readonly MjData: new (model: MujocoModel) => MujocoData;
  mj_resetData(model: MujocoModel, data: MujocoData): void;
  mj_forward(model: MujocoModel, data: MujocoData): void;
  mj_step(model: MujocoModel, data: MujocoData): void;
}

interface MujocoHandle {
  delete(): void;
}

interface MujocoModel extends MujocoHandle {
  readonly opt: { readonly gravity: Float64Array };
}

/** Every read makes a new view of WebAssembly memory; a view dies (its length is 0) when that memory grows. */
interface MujocoViews {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly qacc_warmstart: Float64Array;
  readonly qfrc_applied: Float64Array;
  readonly qfrc_constraint: Float64Array;
  readonly site_xpos: Float64Array;
}

interface MujocoData extends MujocoHandle, MujocoViews {}

let library: MujocoLibrary | undefined;

/**
 * Loads the optional package, once.
 *
 * @param load how to get at it, for tests of its absence
 * @throws SpikegymError where it is not installed (how to add it) or does not start
 */
export async function loadMujoco(
  load = (): Promise<unknown> => import(/* @vite-ignore */ PACKAGE),
): Promise<void> {
  if (library !== undefined) return;
  let start: (options: object) => Promise<unknown>;
  try {
    start = ((await load()) as { default: typeof start }).default;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw failure(error);
    throw new SpikegymError(
      `engine "mujoco" needs the package ${PACKAGE}, which is not installed: npm install ${PACKAGE} (or take engine "lagrangian", which agrees with it)`,
    );
  }
  try {
    // It warns on the console of states that blow up; those are told by `info.nonFinite`.
    library = (await start({ print: ignore, printErr: ignore })) as MujocoLibrary;
  } catch (error) {
    throw failure(error);
  }
}

function failure(error: unknown): SpikegymError {
  return new SpikegymError(`engine "mujoco": ${PACKAGE} does not start: ${String(error)}; install it anew`);
}

function ignore(): void {}

/**
 * MuJoCo itself (the official WebAssembly build), on a model made from the chain; one MuJoCo model and state each.
 *
 * What an observer reads is what MuJoCo leaves after a step, as Gymnasium reads it: `tip` and `constraintForce` are those
 * of the last Runge-Kutta stage. MuJoCo's solver starts from the last accelerations, which are therefore part of a
 * snapshot. `close` gives the memory back.
 */
export class MujocoEngine implements PhysicsEngine {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly constraintForce: Float64Array;
  readonly tip = new Float64Array(2);
  readonly applied: Float64Array;

  #chain: CartChain;
  readonly #library: MujocoLibrary;
  readonly #model: MujocoModel;
  readonly #data: MujocoData;
  readonly #dynamics: ChainDynamics;
  readonly #frameSkip: number;
  #views: MujocoViews;
  #open = true;

  /** @throws SpikegymError before `loadMujoco`, or for a model that MuJoCo refuses */
  constructor(chain: CartChain, timing: EngineTiming) {
    if (library === undefined) {
      throw new SpikegymError(
        'engine "mujoco" has not been loaded; call await prepareEngine("mujoco") (of "spikegym/envs") before make()',
      );
    }
    this.#chain = chain;
    this.#library = library;
    this.#model = compile(library, modelOf(chain, timing.timeStepS));
    this.#data = new library.MjData(this.#model);
    this.#dynamics = new ChainDynamics(chain);
    this.#frameSkip = timing.frameSkip;
    this.#views = viewsOf(this.#data);
    const n = dofCount(chain);
    this.qpos = new Float64Array(n);
    this.qvel = new Float64Array(n);
    this.constraintForce = new Float64Array(n);
    this.applied = new Float64Array(n);
    this.place(this.qpos, this.qvel);
  }

  get chain(): CartChain {
    return this.#chain;
  }

  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.#put(qpos, qvel);
    this.#apply(0);
    this.#library.mj_forward(this.#model, this.#data);
    this.#read();
  }

  step(forceN: number): void {
    if (!(Math.abs(forceN) <= LARGEST)) {
      this.qpos.fill(Number.NaN);
      this.qvel.fill(Number.NaN);
      return;
    }
    // An applied force, not an actuator: MuJoCo would quietly drop a control it finds too large.
    this.#apply(forceN);
    for (let i = 0; i < this.#frameSkip; i++) this.#library.mj_step(this.#model, this.#data);
    this.#read();
  }

  changeGravity(chain: CartChain): void {
    this.#chain = chain;
    this.#live();
    this.#model.opt.gravity.set([chain.gravityXMPerS2, 0, chain.gravityZMPerS2]);
    this.#dynamics.changeGravity(chain);
  }

  energyJ(): number {
    return this.#dynamics.energyJ(this.qpos, this.qvel);
  }

  /** 0: the coordinates cannot express a gap. */
  jointGapM(): number {
    return 0;
  }

  snapshot(): EngineSnapshot {
    return {
      ...captureState(this),
      warmStart: [...this.#live().qacc_warmstart],
    };
  }

  restore(snapshot: EngineSnapshot): void {
    this.#put(snapshot.qpos, snapshot.qvel);
    if (snapshot.warmStart !== undefined) this.#live().qacc_warmstart.set(snapshot.warmStart);
    this.qpos.set(snapshot.qpos);
    this.qvel.set(snapshot.qvel);
    this.constraintForce.set(snapshot.constraintForce);
    this.tip.set(snapshot.tip);
    this.applied.set(snapshot.applied);
  }

  /** After this the engine is of no use; a second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#data.delete();
    this.#model.delete();
  }

  #put(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.#live();
    this.#library.mj_resetData(this.#model, this.#data);
    const views = this.#live();
    views.qpos.set(qpos);
    views.qvel.set(qvel);
  }

  #apply(forceN: number): void {
    const { qfrc_applied } = this.#live();
    const { applied } = this;
    for (let i = 0; i < applied.length; i++) qfrc_applied[i] = applied[i]!;
    qfrc_applied[0] = forceN + applied[0]!;
  }

  #read(): void {
    const { qpos, qvel, qfrc_constraint, site_xpos } = this.#live();
    this.qpos.set(qpos);
    this.qvel.set(qvel);
    this.constraintForce.set(qfrc_constraint);
    this.tip[0] = site_xpos[0]!;
    this.tip[1] = site_xpos[2]!;
  }

  /** Views that are not detached, to be asked for anew after every call of MuJoCo. @throws SpikegymError after `close` */
  #live(): MujocoViews {
    if (!this.#open) throw new SpikegymError('engine "mujoco": used after close(); make a new environment');
    if (this.#views.qpos.length === 0) this.#views = viewsOf(this.#data);
    return this.#views;
  }
}

function viewsOf(data: MujocoData): MujocoViews {
  const { qpos, qvel, qacc_warmstart, qfrc_applied, qfrc_constraint, site_xpos } = data;
  return { qpos, qvel, qacc_warmstart, qfrc_applied, qfrc_constraint, site_xpos };
}

function compile(mujoco: MujocoLibrary, xml: string): MujocoModel {
  let reason = "no model came back";
  try {
    const model = mujoco.MjModel.from_xml_string(xml);
    if (model !== null) return model;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new SpikegymError(
    `engine "mujoco" refuses the model: ${reason.replaceAll(/\s+/g, " ")}; check the environment's parameters`,
  );
}

export const mujoco: EngineDefinition = {
  id: "mujoco",
  summary: `MuJoCo itself, as WebAssembly (optional: npm install ${PACKAGE}).`,
  references: [
    "Todorov, Erez & Tassa, MuJoCo: A physics engine for model-based control, IROS 2012",
    "Google DeepMind, https://github.com/google-deepmind/mujoco/tree/main/wasm",
  ],
  prepare: () => loadMujoco(),
  create: (chain, timing) => new MujocoEngine(chain, timing),
};
