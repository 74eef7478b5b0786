import { describe, expect, it } from "vitest";
import { formatDuration, noteAside, openProgress } from "../../cli/progress.ts";

function collectLines(): { lines: string[]; streams: Parameters<typeof openProgress>[2] } {
  const lines: string[] = [];
  const stderr = { write: (text: string) => lines.push(text) };
  return { lines, streams: { stdout: { write: () => expect.fail("progress belongs on stderr") }, stderr } };
}

describe("progress without a terminal", () => {
  it("is a plain line now and then, with rate and time left, and always the last one", () => {
    const { lines, streams } = collectLines();
    let ms = 0;
    const progress = openProgress("train", "steps", streams, { now: () => ms, lineEverySeconds: 10 });
    for (let done = 0; done <= 2500; done++) {
      progress.update({ done, total: 10_000, fields: { return: String(done) } });
      ms += 10;
    }
    progress.stop();
    expect(lines).toEqual([
      "train 0/10000 steps  return 0\n",
      "train 1000/10000 steps  return 1000, 100 steps/s, 1 min 30 s left\n",
      "train 2000/10000 steps  return 2000, 100 steps/s, 1 min 20 s left\n",
      "train 2500/10000 steps  return 2500, 100 steps/s, 1 min 15 s left\n",
    ]);
  });

  it("does not let one long pause spoil the time left", () => {
    const { lines, streams } = collectLines();
    let ms = 0;
    const progress = openProgress("train", "steps", streams, { now: () => ms });
    for (let done = 0; done <= 6_000; done++) {
      progress.update({ done, total: 10_000 });
      ms += 10;
    }
    ms += 60_000;
    progress.update({ done: 6_001, total: 10_000 });
    progress.stop();
    expect(lines.at(-1)).toBe("train 6001/10000 steps  50.0 steps/s, 1 min 20 s left\n");
  });

  it("says nothing when there was nothing to say", () => {
    const { lines, streams } = collectLines();
    openProgress("train", "steps", streams).stop();
    expect(lines).toEqual([]);
  });
});

it("a word from outside goes above the bar that is shown, and on a line of its own where none is", () => {
  let text = "";
  const stderr = {
    isTTY: true,
    columns: 100,
    write(more: string) {
      text += more;
      return true;
    },
  };
  const progress = openProgress("sweep", "trials", { stdout: stderr, stderr });
  progress.update({ done: 3, total: 17 });
  expect(text).toContain("3 of 17 trials");
  text = "";
  noteAside("stopping", stderr);
  expect(text.startsWith("\r\x1b[Kstopping\n")).toBe(true);
  progress.stop();
  text = "";
  noteAside("stopping", stderr);
  expect(text).toBe("\nstopping\n");
});

it.each([
  [0.4, "0 s"],
  [59.4, "59 s"],
  [65, "1 min 5 s"],
  [7800, "2 h 10 min"],
])("formatDuration(%d) is %j", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
