import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadReplay } from "../core/replay-file/load-replay.ts";
import { ReplayWriter } from "../core/replay-file/writer.ts";
import { prepareEngine } from "../envs/physics/index.ts";
import { useKernels } from "../kernels/load.ts";
import { loadPolicy } from "../training/policy.ts";
import { encodePolicy, withoutTraining } from "../training/policy-file.ts";
import { POPULATION_LAYER } from "../training/replay-description.ts";
import { ReplayFileSink } from "../training/replay-file-sink.ts";
import { LiveSession } from "../viewer/live/live-session.ts";
import { drawPoster } from "./gallery-poster.ts";

/*
 * The viewer's gallery: policies and short recordings of them under the same pushes, from runs of the tuned presets:
 *
 *     npx spikegym train tuned/double-hh-published --seed 0 --out RUNS/hh-published        (and lif, ...)
 *     node --import tsx scripts/make-gallery.ts RUNS/hh-published RUNS/lif
 *
 * What the gallery holds of other presets stays in it.
 */

const folder = fileURLToPath(new URL("../viewer/public/gallery", import.meta.url));
const seconds = 6;
/** Time, s, and force, N, of the pushes; the first two can be held, the last is meant to fell. */
const pushes = [
  { at: 1.5, forceN: 150 },
  { at: 3, forceN: -200 },
  { at: 4.5, forceN: 420 },
] as const;

interface Entry {
  readonly name: string;
  readonly bytes: number;
  readonly summary: string;
}

async function makeEntry(run: string): Promise<{ policy: Entry; replay: Entry }> {
  const { config, agent } = await loadPolicy(run);
  const learner = withoutTraining(agent.snapshot());
  agent.dispose();
  const { neuron, population } = config.policy;
  const name = `${config.preset.replace(/^.*\//, "")}`;
  const pieces = encodePolicy({ config, learner, facts: { seed: config.seed } });
  const bytes = Buffer.concat(pieces);
  await writeFile(join(folder, `${name}.safetensors`), bytes);

  const session = new LiveSession(
    { config, learner, facts: {} },
    config.environment.engine,
    7,
    config.preset,
    6,
  );
  const path = join(folder, `${name}.mcap`);
  const sink = await ReplayFileSink.open(path);
  const writer = await ReplayWriter.open(sink, session.header);
  const { stepSeconds } = session.header;
  await writer.beginEpisode("seed 7");
  let outcome = "holds all three pushes";
  for (let i = 0; i < seconds / stepSeconds; i++) {
    for (const { at, forceN } of pushes) if (i === Math.round(at / stepSeconds)) session.push(forceN);
    const step = session.step();
    for (const event of step.events) if (event.kind === "push") await writer.event(event);
    const fell = step.terminated;
    await writer.step({
      ...step,
      ...step.before,
      truncated: false,
      layers: { [POPULATION_LAYER]: { spikes: step.spikes, traces: step.traces } },
    });
    if (fell) {
      outcome = `falls at ${((i + 1) * stepSeconds).toFixed(2)} s`;
      break;
    }
  }
  await writer.endEpisode(session.frame());
  await writer.close();
  session.close();
  const who = `${population} ${neuron.id} neurons`;
  console.log(`${name}: ${bytes.length} bytes; ${outcome}`);
  return {
    policy: { name, bytes: bytes.length, summary: `${config.preset}, seed ${config.seed}: ${who}` },
    replay: {
      name: `${name}.mcap`,
      bytes: (await stat(path)).size,
      summary: `${who} balance two poles under pushes of 150, \u2212200 and 420 N: ${outcome}.`,
    },
  };
}

const runs = process.argv.slice(2);
if (runs.length === 0) {
  console.error("make-gallery: expected run folders");
  process.exit(2);
}
await mkdir(folder, { recursive: true });
await useKernels();
await prepareEngine("matter");
const entries = [];
for (const run of runs) entries.push(await makeEntry(run));

/** The list in a file with these entries in it, as they are offered, and a picture of each recording. */
async function writeList(file: string, made: readonly Entry[]): Promise<void> {
  const path = join(folder, file);
  const before = JSON.parse(await readFile(path, "utf8").catch(() => "[]")) as Entry[];
  const kept = before.filter((entry) => !made.some(({ name }) => name === entry.name));
  const all = [...kept, ...made].sort((a, b) => rank(a.name) - rank(b.name));
  await writeFile(path, `${JSON.stringify(all, null, 2)}\n`);
  for (const { name } of all) {
    if (!name.endsWith(".mcap")) continue;
    const replay = await loadReplay(await readFile(join(folder, name)), name);
    await writeFile(join(folder, name.replace(/mcap$/, "svg")), drawPoster(replay));
  }
}

/** The published neuron first: it is what a visitor came for. */
function rank(name: string): number {
  const order = ["double-hh-published", "double-hh", "double-lif"];
  const at = order.indexOf(name.replace(/\.mcap$/, ""));
  return at < 0 ? order.length : at;
}

await writeList(
  "list.json",
  entries.map(({ replay }) => replay),
);
await writeList(
  "policies.json",
  entries.map(({ policy }) => policy),
);
