import { extname } from "node:path";
import { UsageError } from "../core/errors.ts";
import type { Trace } from "../neurons/study/trace.ts";
import { writeFileAtomically } from "../training/atomic-file.ts";
import { formatJson } from "./output.ts";

/** Kinds of file a trace can be written as, by their ending. */
const ENDINGS = [".csv", ".json", ".svg", ".png"];

/** Refuses a name whose ending says nothing, before any work is done. */
export function checkTraceFile(path: string): void {
  const ending = extname(path).toLowerCase();
  if (!ENDINGS.includes(ending)) {
    throw new UsageError(`--trace "${path}" ends in "${ending}", expected one of ${ENDINGS.join(", ")}`);
  }
}

/** Writes a trace as its file's name says: all numbers as CSV or JSON, or a picture. */
export async function writeTraceFile(
  path: string,
  trace: Trace,
  title: string,
  subtitle: string,
): Promise<void> {
  const ending = extname(path).toLowerCase();
  if (ending === ".csv") return writeFileAtomically(path, renderCsv(trace));
  if (ending === ".json") {
    const columns = Object.fromEntries(trace.columns.map(({ name, values }) => [name, values]));
    const units = Object.fromEntries(trace.columns.map(({ name, unit }) => [name, unit]));
    const { timesMs, spikeTimesMs } = trace;
    return writeFileAtomically(path, `${formatJson({ units, spikeTimesMs, timesMs, ...columns })}\n`);
  }
  const [{ drawNeuronTrace }, { writePicture }] = await Promise.all([
    import("../training/plots/neuron-trace.ts"),
    import("../training/plots/write-picture.ts"),
  ]);
  await writePicture(path, drawNeuronTrace(trace, title, subtitle));
}

/** A line of names with their units, then a line a sample. */
function* renderCsv({ timesMs, columns }: Trace): Generator<Uint8Array> {
  const head = columns.map(({ name, unit }) => (unit === "" ? name : `${name}_${unit.replaceAll("/", "_")}`));
  let lines = [["time_ms", ...head].join(",")];
  for (let i = 0; i < timesMs.length; i++) {
    const row = columns.map(({ values }) => Number(values[i]!.toPrecision(10)));
    lines.push([Number(timesMs[i]!.toPrecision(12)), ...row].join(","));
    if (lines.length >= 4096) {
      yield Buffer.from(`${lines.join("\n")}\n`);
      lines = [];
    }
  }
  yield Buffer.from(`${lines.join("\n")}\n`);
}
