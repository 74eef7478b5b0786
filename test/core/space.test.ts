import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dict, Tuple } from "../../core/composite-space.ts";
import { UsageError } from "../../core/errors.ts";
import { Rng } from "../../core/rng.ts";
import { Box, Discrete, MultiDiscrete, type Space } from "../../core/space.ts";
import { spaceFromJson } from "../../core/space-json.ts";

const bound = fc.float({ noNaN: true, noDefaultInfinity: true });
const box = fc
  .array(
    fc.tuple(bound, bound, fc.boolean(), fc.boolean()).map(([a, b, openBelow, openAbove]) => ({
      low: openBelow ? -Infinity : Math.min(a, b),
      high: openAbove ? Infinity : Math.max(a, b),
    })),
    { minLength: 1, maxLength: 6 },
  )
  .map(
    (sides) =>
      new Box(
        sides.map((s) => s.low),
        sides.map((s) => s.high),
      ),
  );
const count = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2 ** 31 }));
const flat: fc.Arbitrary<Space> = fc.oneof(
  box,
  count.map((n) => new Discrete(n)),
  fc.array(count, { minLength: 1, maxLength: 5 }).map((counts) => new MultiDiscrete(counts)),
);
const { any: anySpace } = fc.letrec<{ any: Space }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    flat,
    fc
      .dictionary(fc.string({ minLength: 1, maxLength: 4 }), tie("any"), {
        minKeys: 1,
        maxKeys: 3,
        noNullPrototype: true,
      })
      .filter((entries) => !Object.hasOwn(entries, "__proto__"))
      .map((entries) => new Dict(entries)),
    fc.array(tie("any"), { minLength: 1, maxLength: 3 }).map((members) => new Tuple(members)),
  ),
}));

describe("any space", () => {
  it("contains each of its samples, and the same seed gives the same ones", () => {
    fc.assert(
      fc.property(anySpace, fc.integer(), (space, seed) => {
        const rngs = [new Rng(seed), new Rng(seed)] as const;
        for (let i = 0; i < 5; i++) {
          const sample = space.sample(rngs[0]);
          expect(space.contains(sample)).toBe(true);
          expect(space.sample(rngs[1])).toEqual(sample);
        }
      }),
    );
  });

  it("is the same space again after a round trip through JSON", () => {
    fc.assert(
      fc.property(anySpace, (space) => {
        const again = spaceFromJson(JSON.parse(JSON.stringify(space)));
        expect(JSON.stringify(again)).toBe(JSON.stringify(space));
        expect(again.describe()).toBe(space.describe());
        expect(again.sample(new Rng("x"))).toEqual(space.sample(new Rng("x")));
      }),
    );
  });

  it("answers any value at all with yes or no", () => {
    fc.assert(
      fc.property(anySpace, fc.anything(), (space, value) => {
        expect(space.contains(value)).toBeTypeOf("boolean");
      }),
    );
  });
});

describe("Box", () => {
  const unit = new Box([-1, 0], [1, Infinity]);

  it("contains its bounds, and nothing past them, of another shape or type, or NaN", () => {
    expect(unit.contains(Float32Array.of(-1, 0))).toBe(true);
    expect(unit.contains(Float32Array.of(1, 3e38))).toBe(true);
    expect(unit.contains(Float32Array.of(1.0000001192092896, 0))).toBe(false);
    expect(unit.contains(Float32Array.of(0, -1e-45))).toBe(false);
    expect(unit.contains(Float32Array.of(Number.NaN, 0))).toBe(false);
    expect(unit.contains(Float32Array.of(0))).toBe(false);
    expect(unit.contains(Float32Array.of(0, 0, 0))).toBe(false);
    expect(unit.contains([0, 0])).toBe(false);
    expect(unit.contains(Float64Array.of(0, 0))).toBe(false);
    expect(unit.contains(undefined)).toBe(false);
  });

  it("samples uniformly between finite bounds, exponentially from one, normally without any", () => {
    const space = new Box([2, 2, -Infinity, -Infinity], [4, Infinity, 2, Infinity]);
    const rng = new Rng("moments");
    const n = 20_000;
    const sum = new Float64Array(4);
    const squares = new Float64Array(4);
    for (let k = 0; k < n; k++) {
      space.sample(rng).forEach((x, i) => {
        sum[i] = sum[i]! + x;
        squares[i] = squares[i]! + x * x;
      });
    }
    const means = [3, 3, 1, 0];
    const variances = [1 / 3, 1, 1, 1];
    for (let i = 0; i < 4; i++) {
      const mean = sum[i]! / n;
      // Five standard errors.
      expect(Math.abs(mean - means[i]!)).toBeLessThan(5 * Math.sqrt(variances[i]! / n));
      expect(squares[i]! / n - mean * mean).toBeCloseTo(variances[i]!, 1);
    }
  });

  it.each([
    [[0, 0], [1], /low has 2 entries and high 1/],
    [[], [], /at least 1/],
    [[2], [1], /low\[0\] is 2, expected at most/],
    [[Number.NaN], [1], /low\[0\] is NaN/],
    [[Infinity], [Infinity], /room for a finite number/],
  ])("refuses the bounds %j, %j", (low, high, message) => {
    expect(() => new Box(low, high)).toThrow(message);
    expect(() => new Box(low, high)).toThrow(UsageError);
  });
});

describe("Discrete", () => {
  it("contains the integers from 0 to n - 1 alone", () => {
    const three = new Discrete(3);
    expect([0, 1, 2].every((x) => three.contains(x))).toBe(true);
    for (const x of [-1, 3, 0.5, Number.NaN, "1", 1n, null, [1]]) expect(three.contains(x)).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses n = %s", (n) => {
    expect(() => new Discrete(n)).toThrow(/expected an integer of at least 1/);
  });
});

describe("MultiDiscrete", () => {
  it("contains each entry up to its own count", () => {
    const space = new MultiDiscrete([2, 3]);
    expect(space.contains(Int32Array.of(1, 2))).toBe(true);
    expect(space.contains(Int32Array.of(2, 1))).toBe(false);
    expect(space.contains(Int32Array.of(-1, 1))).toBe(false);
    expect(space.contains(Int32Array.of(1))).toBe(false);
    expect(space.contains([1, 2])).toBe(false);
    expect(space.contains(Float32Array.of(1, 2))).toBe(false);
  });

  it("draws every choice", () => {
    const rng = new Rng(1);
    const space = new MultiDiscrete([2, 3]);
    const seen = new Set(Array.from({ length: 200 }, () => space.sample(rng).join()));
    expect(seen.size).toBe(6);
  });

  it.each([[[]], [[2, 0]], [[1.5]], [[2 ** 31 + 1]]])("refuses the counts %j", (counts) => {
    expect(() => new MultiDiscrete(counts)).toThrow(UsageError);
  });
});

describe("Dict", () => {
  const space = new Dict({ place: new Box([0], [1]), gear: new Discrete(3) });

  it("has typed members with exactly its keys", () => {
    const { place, gear } = space.sample(new Rng(0));
    expect(place[0]! + gear).toBeTypeOf("number");
    const sample = { place: Float32Array.of(0.5), gear: 2 };
    expect(space.contains(sample)).toBe(true);
    expect(space.contains({ ...sample, gear: 3 })).toBe(false);
    expect(space.contains({ ...sample, more: 1 })).toBe(false);
    expect(space.contains({ gear: 2 })).toBe(false);
    expect(space.contains(Object.create(sample))).toBe(false);
    expect(space.contains([sample.place, sample.gear])).toBe(false);
    expect(space.contains(null)).toBe(false);
  });

  it("samples the same in whatever order it was written down", () => {
    const turned = new Dict({ gear: new Discrete(3), place: new Box([0], [1]) });
    expect(turned.sample(new Rng(7))).toEqual(space.sample(new Rng(7)));
  });

  it("refuses to be empty", () => {
    expect(() => new Dict({})).toThrow(UsageError);
  });
});

describe("Tuple", () => {
  it("has typed members, one of each in order", () => {
    const space = new Tuple([new Discrete(2), new Box([0], [1])] as const);
    const [choice, place] = space.sample(new Rng(0));
    expect(choice + place[0]!).toBeTypeOf("number");
    expect(space.contains([1, Float32Array.of(1)])).toBe(true);
    expect(space.contains([Float32Array.of(1), 1])).toBe(false);
    expect(space.contains([1])).toBe(false);
    expect(space.contains({ 0: 1, 1: Float32Array.of(1), length: 2 })).toBe(false);
    expect(() => new Tuple([])).toThrow(UsageError);
  });
});

describe("spaceFromJson", () => {
  it.each([
    [{ kind: "sphere" }, /kind/],
    [{ kind: "discrete", n: 0 }, /n is 0/],
    [{ kind: "discrete", n: 2, more: 1 }, /more/],
    [{ kind: "box", low: [0], high: [] }, /high/],
    [{ kind: "tuple", members: [{ kind: "discrete" }] }, /n/],
    [null, /null/],
  ])("refuses %j", (json, message) => {
    expect(() => spaceFromJson(json)).toThrow(message);
    expect(() => spaceFromJson(json)).toThrow(UsageError);
  });

  it("keeps a side without bound", () => {
    expect(JSON.stringify(new Box([-Infinity, 0], [1, Infinity]))).toBe(
      '{"kind":"box","low":[null,0],"high":[1,null]}',
    );
  });
});
