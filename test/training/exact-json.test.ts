import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExactly, stringifyExactly } from "../../training/exact-json.ts";

describe("exact JSON", () => {
  it("gives back every number to the bit, -0, NaN and infinities included", () => {
    const numbers = fc.double({ noNaN: false });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(numbers, fc.array(numbers))), (value) => {
        // toStrictEqual compares with Object.is, but also prototypes, which JSON.parse makes its own.
        expect(parseExactly(stringifyExactly(value))).toEqual({ ...value });
      }),
      { examples: [[{ a: -0, b: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0] }]] },
    );
  });

  it.each([
    ["a typed array", { a: { values: new Float32Array(2) } }, /"values" is a Float32Array/],
    ["a map", { a: new Map() }, /"a" is a Map/],
    ["a function", { a: () => 1 }, /"a" is a value of type function/],
  ])("refuses %s, which JSON would change", (_name, value, message) => {
    expect(() => stringifyExactly(value)).toThrow(message);
  });
});
