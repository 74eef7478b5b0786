import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { formatMarkdownTable } from "../../training/markdown.ts";
import { loadTwoImages } from "../data/load.ts";
import { type InformationResult, measureInformation, readInformation } from "../information/measure.ts";
import { type InformationNeuron, informationSchema } from "../information/settings.ts";
import type { StudyConfig } from "./plan.ts";

const FORMS = ["corrected", "published"] as const;
/** The paper's kinds, and the biophysical neuron. */
const NEURONS: readonly InformationNeuron[] = ["lif", "hh-published", "s-lif2hh", "4lif", "hh"];
const PREFIX = "information-";

/** Where the run of a neuron and form lies, beside the trainings. */
export function informationFolder(neuron: string, form: string): string {
  return `${PREFIX}${neuron}-${form}-seed0`;
}

export interface InformationStudyOptions {
  readonly out: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (run: string, done: number, total: number) => void;
}

/** Runs what of a study's information bottlenecks is not done yet, seed 0, in folders beside its trainings; false when stopped. */
export async function runInformation(
  { data: folder, limit, informationEpochs: epochs }: StudyConfig,
  { out, signal, onProgress }: InformationStudyOptions,
): Promise<boolean> {
  if (epochs === 0) return true;
  const data = await loadTwoImages(folder);
  for (const form of FORMS) {
    for (const neuron of NEURONS) {
      const name = informationFolder(neuron, form);
      if ((await readInformation(join(out, name))) !== undefined) continue;
      const config = informationSchema.parse({ neuron, form, data: folder, limit, epochs });
      const result = await measureInformation(config, data, {
        out: join(out, name),
        ...(signal === undefined ? {} : { signal }),
        onProgress: (_, done, total) => onProgress?.(name, done, total),
      });
      if (!result.complete) return false;
    }
  }
  return true;
}

/** The information bottlenecks that are finished in a study's folder. */
export async function collectInformation(out: string): Promise<InformationResult[]> {
  const names = (await readdir(out)).filter((name) => name.startsWith(PREFIX)).sort();
  const results = await Promise.all(names.map((name) => readInformation(join(out, name))));
  const order = (r: InformationResult) => (NEURONS as readonly string[]).indexOf(r.neuron);
  return results.filter((r) => r !== undefined).sort((a, b) => order(a) - order(b));
}

/** Results form by form, for one picture each. */
export function byForm(results: readonly InformationResult[]): [form: string, runs: InformationResult[]][] {
  return FORMS.map((form): [string, InformationResult[]] => [
    form,
    results.filter((r) => r.form === form),
  ]).filter(([, runs]) => runs.length > 0);
}

/** The page's section. `pictureOf` names the picture of a form. */
export function informationSection(
  results: readonly InformationResult[],
  pictureOf: (form: string) => string,
): string[] {
  if (results.length === 0) return [];
  return [
    "## Information",
    "Bounds by the variational information bottleneck of one layer (512 units; 4lif 2,048), on the test samples after the last epoch: I(X;Z), what the code keeps of the image, at most; " +
      "I(Z;Y), what it says about the labels, at least. `corrected` has the code's KL in the loss and counts both labels (at most 2 log2 10 = 6.64 bits); `published` has no KL and counts log2 10. " +
      `Thresholds and pixels are the paper's; ${extentOf(results)}.`,
    ...byForm(results).flatMap(([form, runs]) => [
      formatMarkdownTable(
        ["neuron", "form", "epochs", "I(X;Z) <= bits", "I(Z;Y) >= bits", "garment", "digit"],
        runs.map((r) => [
          r.neuron,
          r.form,
          String(r.epochs.length),
          r.izxBits.toFixed(2),
          r.izyBits.toFixed(3),
          ...r.epochs.at(-1)!.accuracy.map((share) => (100 * share).toFixed(2)),
        ]),
        (column) => column > 1,
      ),
      `![The information plane, ${form}](${pictureOf(form)})`,
    ]),
  ];
}

function extentOf(results: readonly InformationResult[]): string {
  const counts = [...new Set(results.map(({ samples }) => samples))].map((n) => n.toLocaleString("en"));
  return `${counts.join(" or ")} training samples, seed ${[...new Set(results.map(({ seed }) => seed))].join(", ")}`;
}
