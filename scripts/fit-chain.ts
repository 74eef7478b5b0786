import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { parse } from "../core/parse.ts";
import { Rng, type RngState } from "../core/rng.ts";
import { fittedConstants } from "../neurons/equivalence/fitted-constants.ts";
import { writeFileAtomically } from "../training/atomic-file.ts";
import { chainLoss, describeFit, type PerInput, smoothLoss } from "./chain-fit/losses.ts";
import { descend, evolve, type Found } from "./chain-fit/optimisers.ts";
import { DIMENSIONS, decode, encode } from "./chain-fit/parameters.ts";

/**
 * Fits the constants of the s-LIF2HH neuron so that `spikegym equivalence chain --settings fitted` agrees with the
 * Hodgkin-Huxley chain on all five inputs.
 *
 *   node --import tsx scripts/fit-chain.ts --seed 1 --state fit.json
 *
 * Each round either starts anew (random constants, the smooth loss by gradient, then the measured loss by evolution) or
 * goes on from the best so far, at first the recorded constants (`--fresh`: not). The state file is written after every round; run the command
 * again to go on. It ends when counts agree everywhere and every timing error is at most 0.05, and prints the constants.
 */
const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    state: { type: "string", default: "fit.json" },
    rounds: { type: "string", default: "500" },
    fresh: { type: "boolean", default: false },
  },
});

/** Rounds that start anew, before those that improve, with `--fresh`. */
const FRESH_ROUNDS = 20;
const KEPT = 8;
/** Square and sawtooth are the hard ones. */
const IMPORTANCE: PerInput = { constant: 1, sine: 1.2, square: 2, sawtooth: 1.6, triangle: 1 };

const stateSchema = z.strictObject({
  seed: z.string(),
  round: z.int().min(0),
  rng: z.custom<RngState>((value) => typeof value === "object" && value !== null),
  best: z.array(z.strictObject({ x: z.array(z.number()).length(DIMENSIONS), loss: z.number() })),
});

const rng = new Rng(`chain/${options.seed}`);
let round = 0;
let best: Found[] = [];
if (!options.fresh) best.push(asFound(encode(fittedConstants)));
if (existsSync(options.state)) {
  const state = parse(stateSchema, JSON.parse(readFileSync(options.state, "utf8")), options.state);
  if (state.seed !== options.seed)
    throw new Error(`${options.state} is of seed ${state.seed}; name another file`);
  rng.restore(state.rng);
  round = state.round;
  best = state.best.map(({ x }) => asFound(Float64Array.from(x)));
}

function asFound(x: Float64Array): Found {
  return { x, loss: chainLoss(x) };
}

function startAnew(): Found {
  const first = Array.from({ length: 6 }, () =>
    descend((x) => smoothLoss(x, 2, IMPORTANCE), drawStart(), 100, 0.08),
  );
  const chosen = first.reduce((a, b) => (a.loss <= b.loss ? a : b));
  const gentle = descend((x) => smoothLoss(x, 2, IMPORTANCE), chosen.x, 500, 0.05);
  const sharp = descend((x) => smoothLoss(x, 6, IMPORTANCE), gentle.x, 400, 0.03);
  let found = evolve(chainLoss, sharp.x, 0.04, { population: 32, generations: 600 }, rng);
  for (const spread of [0.15, 0.03, 0.3]) {
    const next = evolve(chainLoss, found.x, spread, { population: 48, generations: 400 }, rng);
    if (next.loss < found.loss) found = next;
  }
  return found;
}

/** Membranes that begin to fire within the run, more or less: the published constants with normal disturbances. */
function drawStart(): Float64Array {
  const x = new Float64Array(DIMENSIONS);
  rng.fillNormal(x);
  for (const leak of [0, 5, 10, 15]) x[leak] = 0.5 + 1.3 * x[leak]!;
  x[19]! *= 2;
  for (let kept = 22; kept < 26; kept++) x[kept]! *= 0.3;
  return x;
}

/** Goes on from one of the best: evolution near and far, after a push by the smooth loss, and between two of them. */
function improve(): Found {
  const pick = () => best[Math.min(best.length - 1, Math.floor(Math.abs(rng.normal()) * 1.5))]!.x;
  const base = pick();
  const near = { population: 40, generations: 250 };
  switch (round % 5) {
    case 0:
      return evolve(chainLoss, base, 0.02, near, rng);
    case 1: {
      // Other weights each time: what one input gains may cost another little.
      const importance = Object.fromEntries(
        Object.entries(IMPORTANCE).map(([id, weight]) => [id, weight * Math.exp(0.8 * rng.normal())]),
      ) as PerInput;
      return evolve(
        chainLoss,
        descend((x) => smoothLoss(x, 10, importance), base, 40, 0.004).x,
        0.03,
        near,
        rng,
      );
    }
    case 2:
      return evolve(chainLoss, base, 0.1, { population: 80, generations: 200 }, rng);
    case 3:
      return startAnew();
    default: {
      const other = pick();
      const share = rng.uniform();
      return evolve(
        chainLoss,
        base.map((x, i) => share * x + (1 - share) * other[i]!),
        0.08,
        near,
        rng,
      );
    }
  }
}

const rounds = Number(options.rounds);
for (; round < rounds && !(best[0] !== undefined && describeFit(best[0].x).isGood); round++) {
  const found = options.fresh && round < FRESH_ROUNDS ? startAnew() : improve();
  const before = best[0]?.loss ?? Number.POSITIVE_INFINITY;
  best = [...best, found].sort((a, b) => a.loss - b.loss).slice(0, KEPT);
  const note = found.loss < before ? `  ${describeFit(found.x).text}` : "";
  console.error(
    `round ${round + 1}/${rounds}  loss ${found.loss.toFixed(4)}  best ${best[0]!.loss.toFixed(4)}${note}`,
  );
  const kept = best.map(({ x, loss }) => ({ x: [...x], loss }));
  const state = { seed: options.seed, round: round + 1, rng: rng.snapshot(), best: kept };
  await writeFileAtomically(options.state, JSON.stringify(state));
}
const { text, isGood } = describeFit(best[0]!.x);
console.error(`${isGood ? "agrees" : "does not agree yet"}: ${text}`);
console.log(JSON.stringify(decode(best[0]!.x)));
process.exitCode = isGood ? 0 : 1;
