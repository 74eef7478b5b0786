import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadReplay } from "../../../core/replay-file/load-replay.ts";
import { html, shade } from "../../../training/report/html.ts";
import { agentName } from "../../../training/report/sweep-data.ts";
import { formatCsv } from "../../../training/report/tables.ts";
import { runLocally } from "../../../training/sweep/run-locally.ts";
import { parseSweepSpec } from "../../../training/sweep/spec.ts";
import { SweepFolder } from "../../../training/sweep/sweep-folder.ts";
import { runSpikegym } from "../../cli/run-for-tests.ts";
import { trainSmallPolicy } from "../sweep/sweep-for-tests.ts";

let folder: string;
let policy: string;
let sweep: SweepFolder;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spikegym-report-"));
  policy = await trainSmallPolicy(folder);
  const spec = {
    name: "small & <bold>",
    policies: policy,
    evaluate: { episodes: 3, perturb: { "sensor-noise": [0, 5] }, map: { cells: 3, horizonS: 1 } },
  };
  sweep = await SweepFolder.plan(join(folder, "sweep"), parseSweepSpec(spec, "test"));
  await runLocally(sweep, { workers: 1 });
  expect(await sweep.failures()).toEqual([]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the report of a sweep", () => {
  it("is one page that needs nothing else, with the tables beside it and a recording behind every link", async () => {
    const query = "SELECT severity, count(*)::int AS n FROM episodes GROUP BY 1 ORDER BY 1";
    const { stdout, exitCode } = await runSpikegym(["report", sweep.path, "--json", "--sql", query]);
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout);
    expect(document.rows).toEqual([
      { severity: 0, n: 3 },
      { severity: 5, n: 3 },
    ]);
    expect(document.tables.map((path: string) => path.split("/").at(-1))).toEqual([
      "trials.csv",
      "episodes.csv",
      "trials.parquet",
      "episodes.parquet",
    ]);
    const page = await readFile(document.html, "utf8");
    expect(page).toContain("<h1>small &amp; &lt;bold&gt;</h1>");
    for (const heading of ["Severity curves", "Performance profile", "Stability maps", "Every condition"]) {
      expect(page).toContain(heading);
    }
    // No script, no style sheet, no picture from elsewhere.
    expect(page).not.toMatch(/<script|<link|src="http|url\((?!#)/);
    const linked = [...page.matchAll(/\?src=replays%2F([\w-]+\.mcap)/g)].map(([, name]) => name!);
    const files = await readdir(join(sweep.path, "report", "replays"));
    expect(linked.length).toBeGreaterThan(0);
    expect(new Set(linked)).toEqual(new Set(files));
  }, 60_000);

  it("links to the very episode that was measured", async () => {
    const episodes = (await readFile(join(sweep.path, "report", "episodes.csv"), "utf8")).trim().split("\n");
    const header = episodes[0]!.split(",");
    const rows = episodes.slice(1).map((line) => {
      const fields = line.split(",");
      return Object.fromEntries(header.map((name, i) => [name, fields[i]]));
    });
    for (const file of await readdir(join(sweep.path, "report", "replays"))) {
      const [trial, seed] = file.replace(".mcap", "").split("-");
      const row = rows.find((one) => one.trial === trial && one.seed === seed)!;
      const bytes = await readFile(join(sweep.path, "report", "replays", file));
      const { episodes: recorded } = await loadReplay(new Uint8Array(bytes), file);
      expect(recorded[0]!.return).toBeCloseTo(Number(row.return), 6);
    }
  });
});

describe("the report of runs", () => {
  it("has a learning curve and a row for each", async () => {
    const { stdout } = await runSpikegym(["report", policy, "--json", "--out", join(folder, "runs-report")]);
    const document = JSON.parse(stdout);
    const page = await readFile(document.html, "utf8");
    expect(page).toContain("Learning curves on InvertedDoublePendulum-v5");
    expect(await readFile(join(folder, "runs-report", "runs.csv"), "utf8")).toMatch(
      /^run,group,seed,environment/,
    );
  });

  it("a folder that is neither is refused in words", async () => {
    const { exitCode, stderr } = await runSpikegym(["report", join(folder, "none")]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("holds neither a sweep nor a run");
  });
});

it("agents are called by what tells them apart", () => {
  const factors = {
    preset: "tuned/double-lif",
    "policy.population": 64,
    "environment.engine": "lagrangian",
    seed: 1,
  };
  const widths = { "policy.population": [64, 128] };
  expect(agentName(factors, "tuned/double-lif", widths)).toBe("population 64, engine lagrangian");
  const one = { ...widths, "environment.engine": ["lagrangian"] };
  expect(agentName(factors, "tuned/double-lif", one)).toBe("population 64");
  expect(agentName(factors, "tuned/double-lif", { ...one, preset: ["a", "b"] })).toBe(
    "tuned/double-lif, population 64",
  );
  const fixed = { "policy.population": [64], "environment.engine": ["lagrangian"] };
  expect(agentName(factors, "tuned/double-lif", fixed)).toBe("tuned/double-lif");
});

it("CSV quotes what needs it and leaves out what is missing", () => {
  expect(
    formatCsv([
      { a: 1, b: 'x,"y"' },
      { a: null, c: true },
    ]),
  ).toBe('a,b,c\n1,"x,""y""",\n,,true\n');
});

it("HTML templates escape what is text", () => {
  expect(html`<b>${"<i>&"}</b>${html`<u></u>`}`.text).toBe("<b>&lt;i&gt;&amp;</b><u></u>");
  expect(shade(Number.NaN)).toBe(shade(0));
});
