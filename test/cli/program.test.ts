import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeFailure } from "../../cli/program.ts";
import { FileError, UsageError } from "../../core/errors.ts";
import { packageRoot } from "../../training/package-root.ts";
import { runSpikegym } from "./run-for-tests.ts";

describe("the command line", () => {
  it("answers an unknown verb with one line that names the nearest, exit 2", async () => {
    const { exitCode, stdout, stderr } = await runSpikegym(["lisst"]);
    expect(stderr).toMatch(/^spikegym: unknown verb "lisst"; did you mean "list"\? \(known: list.*\)\n$/);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  it("answers an unknown option with one line that names the nearest, exit 2", async () => {
    const { exitCode, stderr } = await runSpikegym(["list", "--jsn"]);
    expect(stderr).toBe(
      'spikegym: unknown option "--jsn"; did you mean "--json"? (see spikegym list --help)\n',
    );
    expect(exitCode).toBe(2);
  });

  it.each(["abc", "-1", "1.5", "", "9007199254740993"])("refuses the seed %j, exit 2", async (seed) => {
    const { exitCode, stderr } = await runSpikegym(["list", `--seed=${seed}`]);
    expect(stderr).toMatch(/^spikegym: list: .*--seed.*Expected an integer at least 0.*\n$/);
    expect(exitCode).toBe(2);
  });

  it("refuses a word too many, exit 2", async () => {
    const { exitCode, stderr } = await runSpikegym(["list", "neurons"]);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(exitCode).toBe(2);
  });

  it("shows the help on stderr when no verb is given, exit 2", async () => {
    const { exitCode, stdout, stderr } = await runSpikegym([]);
    expect(stderr).toContain("Usage: spikegym");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  it("has help for every verb, with the shared options, exit 0", async () => {
    /** The verbs that a help text lists. */
    const listed = (help: string) =>
      [...(help.split("Commands:")[1] ?? "").matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]!);
    const check = async (words: readonly string[]): Promise<void> => {
      const { exitCode, stdout } = await runSpikegym([...words, "--help"]);
      expect(exitCode, words.join(" ")).toBe(0);
      const inner = listed(stdout).filter((name) => name !== "help");
      if (inner.length > 0) {
        for (const verb of inner) await check([...words, verb]);
        return;
      }
      expect(stdout, words.join(" ")).toContain("--json");
      expect(stdout, words.join(" ")).toContain("--seed");
    };
    expect(listed((await runSpikegym(["--help"])).stdout)).toContain("list");
    await check([]);
  });

  it("prints its version", async () => {
    expect((await runSpikegym(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("failures", () => {
  it("are one line, however many their message has", () => {
    expect(describeFailure(new UsageError("a\n  b"))).toBe("spikegym: a b");
    expect(describeFailure(new FileError("cut off"))).toBe("spikegym: cut off");
  });

  it("of our own making say so", () => {
    expect(describeFailure(new TypeError("x is undefined"))).toMatch(
      /internal error: TypeError: x is undefined/,
    );
  });
});

describe("the process", () => {
  const command = [process.execPath, "--import", "tsx", "cli/main.ts"] as const;

  it("ends with the exit code of its verb", () => {
    const { status, stderr } = spawnSync(command[0], [...command.slice(1), "nonsense"], {
      cwd: packageRoot(),
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^spikegym: unknown verb "nonsense".*\n$/);
  });

  it("survives a reader that leaves early", async () => {
    const child = spawn(command[0], [...command.slice(1), "list", "--json"], { cwd: packageRoot() });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  it.skipIf(
    !existsSync(join(packageRoot(), "viewer", "dist")) && !existsSync(join(packageRoot(), "dist", "viewer")),
  )("serves until Ctrl-C, which ends it with exit code 0 and stdout holding one JSON document", async () => {
    const child = spawn(command[0], [...command.slice(1), "view", "--port", "0", "--json"], {
      cwd: packageRoot(),
    });
    let stdout = "";
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise((resolve) => child.on("close", resolve));
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
        if (stdout.endsWith("}\n")) resolve();
      });
    });
    const { url } = JSON.parse(stdout) as { url: string };
    expect((await fetch(url)).status).toBe(200);
    child.kill("SIGINT");
    expect(await ended, stderr).toBe(0);
    expect(stderr).toMatch(/stopping cleanly/);
    expect(JSON.parse(stdout)).toEqual({ url });
  });
});
