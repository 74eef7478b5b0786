import { expect, it } from "vitest";
import { parseRange } from "../../cli/byte-range.ts";

it.each([
  [undefined, undefined],
  ["bytes=0-0", { start: 0, end: 1 }],
  ["bytes=2-5", { start: 2, end: 6 }],
  ["bytes=2-500", { start: 2, end: 10 }],
  ["bytes=9-", { start: 9, end: 10 }],
  ["bytes=-3", { start: 7, end: 10 }],
  ["bytes=-30", { start: 0, end: 10 }],
  ["bytes=10-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=5-4", undefined],
  ["bytes=-", undefined],
  ["bytes=0-1,4-5", undefined],
  ["lines=0-1", undefined],
])("range %j of a file of 10 bytes is %j", (header, expected) => {
  expect(parseRange(header, 10)).toEqual(expected);
});
