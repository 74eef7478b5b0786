import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startViewerServer } from "../../cli/viewer-server.ts";
import { parseRunConfig } from "../../training/config.ts";
import { packageRoot } from "../../training/package-root.ts";
import { decodePolicy } from "../../training/policy-file.ts";
import { train } from "../../training/trainer.ts";
import { makeTemporaryFolder } from "../training/temporary-folder.ts";

const built = ["viewer/dist", "dist/viewer"].some((folder) =>
  existsSync(join(packageRoot(), folder, "index.html")),
);

const config = parseRunConfig({
  preset: "none",
  seed: 5,
  environment: { id: "InvertedDoublePendulum-v5" },
  algorithm: { id: "sac" },
  policy: { neuron: { id: "lif" }, encoder: { id: "latest-window" }, population: 4, hidden: [4] },
  training: { steps: 2, evaluateEvery: 2, evaluationEpisodes: 1 },
});

test.skipIf(!built)("runs in the served folder are policy files; nothing else is", async () => {
  const folder = makeTemporaryFolder();
  await train(config, { out: join(folder, "runs", "mine") });
  // What looks like a run and is none, and a link out of the folder.
  mkdirSync(join(folder, "runs", "odd", "checkpoints"), { recursive: true });
  writeFileSync(join(folder, "runs", "odd", "config.json"), "{}");
  writeFileSync(join(folder, "runs", "odd", "checkpoints", "best.json"), "{}");
  await train(config, { out: join(folder, "elsewhere") });
  symlinkSync(join(folder, "elsewhere"), join(folder, "runs", "link"));
  const server = await startViewerServer({
    paths: [join(folder, "runs")],
    port: 0,
    onError: (line) => expect.fail(line),
  });
  onTestFinished(() => server.close());
  const base = server.url.split("?")[0]!;
  const list = (await (await fetch(`${base}policies/`)).json()) as { name: string; summary: string }[];
  expect(list).toEqual([{ name: "mine", summary: expect.stringContaining("4 lif neurons") }]);
  const response = await fetch(`${base}policies/mine.safetensors`);
  const policy = decodePolicy(new Uint8Array(await response.arrayBuffer()), "mine");
  expect(policy.config).toEqual(config);
  for (const name of ["odd", "link", "..%2felsewhere", "mine%00"]) {
    const { status } = await fetch(`${base}policies/${name}.safetensors`);
    expect(status, name).toBe(404);
  }
});
