import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileError } from "../../core/errors.ts";
import { MetricsLog } from "../../training/metrics-log.ts";
import { makeSmallDisk } from "./small-disk.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

function logSteps(log: MetricsLog, from: number, to: number): void {
  for (let step = from; step <= to; step++) {
    log.log(step, { loss: 1 / step });
    if (step % 3 === 0) log.log(step, { episodeReturn: step / 10 });
  }
}

describe("the metrics log", () => {
  it("resumed at a step equals an uninterrupted one, byte for byte", async () => {
    const folder = makeTemporaryFolder();
    const whole = await MetricsLog.open(join(folder, "whole.jsonl"));
    logSteps(whole, 1, 20);
    whole.close();

    const path = join(folder, "resumed.jsonl");
    const first = await MetricsLog.open(path);
    logSteps(first, 1, 14);
    first.close();
    writeFileSync(path, '{"step": 15, "lo', { flag: "a" });
    const second = await MetricsLog.open(path, 9);
    logSteps(second, 10, 20);
    second.close();
    expect(readFileSync(path, "utf8")).toBe(readFileSync(whole.path, "utf8"));
  });

  it("has every row in the file as soon as it is logged", async () => {
    const log = await MetricsLog.open(join(makeTemporaryFolder(), "metrics.jsonl"));
    log.log(1, { loss: 0.5, entropy: Number.NaN });
    log.sync();
    expect(readFileSync(log.path, "utf8")).toBe('{"step":1,"loss":0.5,"entropy":null}\n');
    log.close();
    log.close();
    expect(() => log.log(2, {})).toThrow(/closed/);
  });

  it("refuses a file of something else, and leaves it as it is", async () => {
    const path = join(makeTemporaryFolder(), "metrics.jsonl");
    for (const text of ["hello\n", '{"step":1}\n{"loss":2}\n', "[]\n", "null\n"]) {
      writeFileSync(path, text);
      await expect(MetricsLog.open(path, 5), text).rejects.toThrow(FileError);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });

  it("says in one line that the disk is full", async (context) => {
    const log = await MetricsLog.open(join(makeSmallDisk(context, 16_384), "metrics.jsonl"));
    const fill = () => {
      for (let step = 0; step < 10_000; step++) log.log(step, { loss: 0.123456789 });
    };
    expect(fill).toThrow(/^cannot write .*metrics\.jsonl: the disk is full.*\[ENOSPC\]/);
    log.close();
  });
});
