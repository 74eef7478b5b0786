import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadReplay } from "../../core/replay-file/load-replay.ts";
import type { Replay } from "../../core/replay-file/replay.ts";
import { neurons } from "../../neurons/index.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import type { RunConfig } from "../config.ts";
import { recordPolicy } from "../evaluate-policy.ts";
import { formatReturn } from "../format-estimate.ts";
import { describeMachine, showMachine } from "../machine.ts";
import { formatMarkdownTable } from "../markdown.ts";
import { readMetrics, renderMetricsCsv } from "../metrics-csv.ts";
import { writePicture } from "../plots/write-picture.ts";
import { loadPolicy } from "../policy.ts";
import { type RunRecord, readRunRecord } from "../run-folder.ts";
import type { TrainSummary } from "../trainer.ts";
import { drawRunCurve } from "./curve-picture.ts";
import { repeatCommand } from "./repeat-command.ts";
import { drawScene } from "./scene-picture.ts";
import { renderSettings } from "./settings-tables.ts";

/** The episode of the card starts here: none that training evaluated on does. */
export const CARD_SEED = 1_000_000;
/** Earlier instants drawn behind the last one, and how far apart they lie, s. */
const GHOSTS = 6;
const GHOST_SECONDS = 0.15;

/**
 * Writes what one wants to know of a finished run into its folder:
 *
 *   card.md        results, pictures, the command that repeats it, every setting      metrics.csv   the log as a table
 *   curve.svg      returns over steps                                                 scene.svg     an episode's end
 *   replays/seed-1000000.mcap   that episode, for the viewer
 */
export async function writeRunCard(run: string, summary: TrainSummary): Promise<void> {
  const record = await readRunRecord(run);
  const rows = await readMetrics(run);
  await writeFileAtomically(join(run, "metrics.csv"), renderMetricsCsv(rows));
  const { preset, seed } = record.config;
  await writePicture(
    join(run, "curve.svg"),
    drawRunCurve(rows, `${preset}, seed ${seed}`, summary.solvedReturn),
  );
  const path = join(run, "replays", `seed-${CARD_SEED}.mcap`);
  const policy = await loadPolicy(run);
  await recordPolicy(policy, { path, seeds: [CARD_SEED] });
  policy.agent.dispose();
  const replay = await loadReplay(await readFile(path), path);
  await writeFileAtomically(join(run, "scene.svg"), drawEnd(replay));
  await writeFileAtomically(
    join(run, "card.md"),
    renderRunCard(record, summary, { checkpoint: policy.checkpoint, episode: replay.episodes[0]! }),
  );
}

/** The last instant of the replay's first episode, and some before it. */
function drawEnd({ header, frames, episodes }: Replay): string {
  const { scene, stepSeconds } = header;
  const { firstFrame, endFrame } = episodes[0]!;
  const size = 3 * scene.bodies.length;
  const posesOf = (frame: number) => frames.poses.subarray(frame * size, (frame + 1) * size);
  const apart = Math.max(1, Math.round(GHOST_SECONDS / stepSeconds));
  const before = Array.from({ length: GHOSTS }, (_, i) => endFrame - 1 - apart * (GHOSTS - i));
  return drawScene(
    scene,
    posesOf(endFrame - 1),
    before.filter((frame) => frame >= firstFrame).map(posesOf),
    `${header.env} at the end of the episode`,
  );
}

interface Shown {
  readonly checkpoint: string;
  readonly episode: Replay["episodes"][number];
}

function renderRunCard(
  { config, simd, versions }: RunRecord,
  s: TrainSummary,
  { checkpoint, episode }: Shown,
): string {
  const command = repeatCommand(config);
  const { caveat } = neurons.get(config.policy.neuron.id);
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${[
    `# ${config.preset}, seed ${config.seed}`,
    `${describeRun(config)} ${describeOutcome(s)}`,
    ...(caveat === undefined ? [] : [`Note on ${config.policy.neuron.id}: ${caveat}.`]),
    `![The end of an episode](scene.svg)`,
    `The end of an episode of ${episode.steps} steps that ${episode.terminated ? "fell" : "held to the limit"} (return ${episode.return.toFixed(1)}), started from seed ${CARD_SEED}, with the ${checkpoint} checkpoint: [replay](replays/seed-${CARD_SEED}.mcap), \`spikegym view\`.`,
    "![Returns over the steps of training](curve.svg)",
    "## Results",
    formatMarkdownTable(
      ["", ""],
      [
        ["environment steps", count(s.steps)],
        [`last evaluation, mean of ${s.evaluationEpisodes} episodes`, formatReturn(s.finalReturn, 2)],
        ["best evaluation", formatReturn(s.bestReturn, 2)],
        [
          `first evaluation of at least ${s.solvedReturn}`,
          s.solvedAtStep === null ? "none" : `step ${count(s.solvedAtStep)}`,
        ],
        ...(config.training.stopWhenSolved
          ? [
              [
                "held from every other start",
                s.confirmedAtStep === null ? "never" : `step ${count(s.confirmedAtStep)}`,
              ],
            ]
          : []),
        ["wall-clock, processor time", `${s.wallSeconds.toFixed(0)} s, ${s.cpuSeconds.toFixed(0)} s`],
        ["an update", `${s.updateMs.toFixed(2)} ms of wall-clock`],
      ],
    ),
    "Numbers: [summary.json](summary.json), [metrics.csv](metrics.csv), [metrics.jsonl](metrics.jsonl), TensorBoard events in this folder.",
    "## Once more",
    command === null
      ? "Its preset is not one of the catalogue: the configuration is in [config.json](config.json)."
      : `\`\`\`sh\n${command}\n\`\`\``,
    `Made by ${made.join(", ")}, ${simd} SIMD, on ${showMachine(describeMachine())}.`,
    "## Settings",
    ...renderSettings(config),
  ].join("\n\n")}\n`;
}

function describeRun({ policy, algorithm, environment }: RunConfig): string {
  return `${count(policy.population)} ${policy.neuron.id} neurons learnt ${environment.id} (${environment.engine}) with ${algorithm.id.toUpperCase()}.`;
}

function describeOutcome(s: TrainSummary): string {
  return s.solvedAtStep === null
    ? `**Not solved** in ${count(s.steps)} steps.`
    : `**Solved** at step ${count(s.solvedAtStep)} of ${count(s.steps)}.`;
}

function count(n: number): string {
  return n.toLocaleString("en");
}
