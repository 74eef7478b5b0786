import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { blocksOf, type CodeBlock, pages, root } from "./pages.ts";

/*
 * Every fenced block of the README and of docs/ is run, page by page, the blocks of a page one after another in one empty
 * folder. A comment before a block says what is to be known of it:
 *
 *   <!-- run: skip, WHY -->               not run
 *   <!-- run: slow -->                    by `npm run docs:check` alone
 *   <!-- run: file NAME -->               the block is that file, for the blocks after it
 *   <!-- run: train += --steps 60 -->     every `spikegym train` of the block gets these words at its end; several with ";"
 *
 * Directives combine: `slow; train += --steps 60`.
 */

/** The README's own blocks: it is read by people who see comments too. */
const README: Readonly<Record<string, string>> = {
  "npm ci && npm start": "skip, they install and train for half a minute, and .ci/run does both",
  "spikegym simulate hh":
    "slow; train += --steps 60 --set training.evaluateEvery=60 --set training.evaluationEpisodes=2; eval += --episodes 2; view: skip, it serves until it is stopped; train --resume: skip, the run above it was not stopped; train --seeds: skip, ten runs; sweep: skip, it is given the tutorial's sizes there; report: skip, of that sweep",
};

const ALL = process.env.SPIKEGYM_DOCS === "all";
const folder = mkdtempSync(join(tmpdir(), "spikegym-docs-"));
const python = "/usr/bin/python3";

/** What stands in for an install: the checkout's own command, compiler and package. */
function prepare(page: string): string {
  const at = join(folder, page.replace(/\W/g, "-"));
  const bin = join(at, ".bin");
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(at, "node_modules"));
  symlinkSync(join(root, "examples"), join(at, "examples"));
  const program = (name: string, command: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program("spikegym", `"${join(root, "node_modules/.bin/tsx")}" "${join(root, "cli/main.ts")}"`);
  program("tsx", `"${join(root, "node_modules/.bin/tsx")}"`);
  program("npx", "env");
  return at;
}

interface Plan {
  readonly skip: string | undefined;
  readonly slow: boolean;
  readonly file: string | undefined;
  readonly code: string;
}

/** What is to be done with a block. */
function planOf(block: CodeBlock): Plan {
  const own =
    block.page === "README.md"
      ? Object.entries(README).find(([start]) => block.code.startsWith(start))?.[1]
      : undefined;
  const parts = (own ?? block.directive)
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  let [skip, file, slow, code]: [string | undefined, string | undefined, boolean, string] = [
    undefined,
    undefined,
    false,
    block.code,
  ];
  for (const part of parts) {
    const [, skipped] = /^skip, (.+)$/.exec(part) ?? [];
    const [, name] = /^file (\S+)$/.exec(part) ?? [];
    const [, verb, words] = /^(\w+) \+= (.+)$/.exec(part) ?? [];
    const [, left, why] = /^([\w -]+): skip, (.+)$/.exec(part) ?? [];
    if (skipped !== undefined) skip = skipped;
    else if (part === "slow") slow = true;
    else if (name !== undefined) file = name;
    else if (verb !== undefined) code = atEnd(code, verb, words!);
    else if (left !== undefined) code = without(code, left, why!);
    else
      throw new Error(
        `${block.page}:${block.line}: directive "${part}" is none that test/docs/code-blocks.test.ts knows`,
      );
  }
  return { skip, slow, file, code };
}

/** `words` behind every `spikegym VERB` of the code. */
function atEnd(code: string, verb: string, words: string): string {
  return code.replace(
    new RegExp(`(spikegym ${verb}\\b[^\\n#&|]*?)(\\s*(?:#|&&|\\||$))`, "gm"),
    `$1 ${words}$2`,
  );
}

/** The code without its `spikegym START ...`; what stands before it on the line stays. */
function without(code: string, start: string, why: string): string {
  const command = new RegExp(`^(.*&& )?(?:npx )?spikegym ${start.replace(" ", "\\b.*")}\\b.*$`, "gm");
  return code.replace(
    command,
    (_line, before?: string) => `${before?.replace("&&", "") ?? ""}# not run: ${why}`,
  );
}

/** Runs it; returns what went wrong. */
function failureOf(block: CodeBlock, { code, file }: Plan, at: string): string {
  if (file !== undefined) {
    writeFileSync(join(at, file), code);
    return "";
  }
  const name = `block-${block.line}`;
  const commands: Readonly<Record<string, () => [string, string[]]>> = {
    sh: () => ["bash", ["--norc", "-eo", "pipefail", "-c", code]],
    ts: () => {
      writeFileSync(join(at, `${name}.ts`), code);
      return [join(at, ".bin/tsx"), [join(at, `${name}.ts`)]];
    },
    python: () => {
      writeFileSync(join(at, `${name}.py`), code);
      return [python, [`${name}.py`]];
    },
  };
  const command = commands[block.language];
  if (command === undefined) return `a block of "${block.language}" says neither "file NAME" nor "skip, WHY"`;
  const env = {
    ...process.env,
    PATH: `${join(at, ".bin")}:${process.env.PATH}`,
    TSX_TSCONFIG_PATH: join(root, "tsconfig.json"),
  };
  writeFileSync(join(at, "package.json"), '{ "type": "module" }');
  const { status, stderr, error } = spawnSync(...command(), { cwd: at, env, encoding: "utf8" });
  return status === 0 ? "" : `exit code ${status}: ${error?.message ?? stderr.slice(-1500)}`;
}

describe("the code blocks of the documentation", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const page of pages) {
    const blocks = blocksOf(page);
    if (blocks.length === 0) continue;
    const plans = blocks.map(planOf);
    const slow = plans.some((plan) => plan.slow);
    it.skipIf(slow && !ALL)(`${page}: ${blocks.length} run, or say why not`, { timeout: 900_000 }, () => {
      const at = prepare(page);
      blocks.forEach((block, i) => {
        if (plans[i]!.skip !== undefined) return;
        expect(failureOf(block, plans[i]!, at), `${page}:${block.line}`).toBe("");
      });
    });
  }
});
