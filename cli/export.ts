import { join } from "node:path";
import type { Command } from "commander";
import { SpikegymError } from "../core/errors.ts";
import { parseInteger } from "./options.ts";
import { formatTable } from "./output.ts";
import { addVerb, openOutput, type SharedOptions, type VerbContext } from "./verb.ts";

interface ExportOptions extends SharedOptions {
  readonly to: string;
  readonly out?: string;
  readonly batch: number;
  readonly observations: number;
}

/** `spikegym export RUN --to FORMAT`: a trained policy as a file of other programs, checked against the policy. */
export function addExport(program: Command, context: VerbContext): void {
  addVerb(
    program,
    "export <run>",
    "writes a trained policy for other programs: onnx, nir, safetensors, policy",
  )
    .requiredOption("--to <format>", "onnx, nir, safetensors, or policy (for spikegym in a web page)")
    .option("--out <name>", "file name without its ending; default: RUN/export/policy")
    .option("--batch <n>", "decisions that one run of an ONNX graph makes", parseInteger(1, 4096), 1)
    .option("--observations <n>", "observations the checks compare", parseInteger(1, 1_000_000), 1000)
    .action(async (run: string, options: ExportOptions) => {
      const output = openOutput(context, options);
      const [{ loadPolicy }, { exportPolicy }, { exportFormats }] = await Promise.all([
        import("../training/policy.ts"),
        import("../training/export/export-policy.ts"),
        import("../training/export/index.ts"),
      ]);
      exportFormats.get(options.to);
      const policy = await loadPolicy(run);
      if (policy.warning !== undefined) output.note(`spikegym: ${policy.warning}`);
      const { batch, observations } = options;
      const result = await exportPolicy(
        policy,
        options.to,
        options.out ?? join(policy.run, "export", "policy"),
        { batch, observations, seed: options.seed ?? 0 },
      );
      policy.agent.dispose();
      const mark = (ok: boolean | null) => (ok === null ? "skipped" : ok ? "ok" : "FAILED");
      output.finish(
        { format: options.to, ...result },
        [
          ...result.files.map(({ file, bytes }) => `${file}  ${bytes} bytes`),
          "",
          formatTable(result.checks.map(({ id, ok, note }) => [id, mark(ok), note])),
          ...result.leftOut.map((part) => `not in the file: ${part}`),
        ].join("\n"),
      );
      const failed = result.checks.find(({ ok }) => ok === false);
      if (failed !== undefined) {
        throw new SpikegymError(`export: the file differs from the policy: ${failed.id}: ${failed.note}`);
      }
    });
}
