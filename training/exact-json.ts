/**
 * JSON that gives back exactly what it was given. Plain JSON turns -0 into 0 and NaN and the infinities into null; here
 * they become `{ "$number": "-0" }` and the like.
 */

const KEY = "$number";
const ODD_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["-0", -0],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/**
 * @param value plain JSON data, numbers of any kind included
 * @throws Error when something in it is no plain data (a typed array, a map, a function), naming the key: it would be
 *   lost or come back as something else
 */
export function stringifyExactly(value: unknown): string {
  return JSON.stringify(
    value,
    (key, inner: unknown) => {
      if (typeof inner === "number") {
        for (const [name, odd] of ODD_NUMBERS) if (Object.is(inner, odd)) return { [KEY]: name };
        return inner;
      }
      if (!isPlain(inner)) {
        throw new Error(`stringifyExactly: "${key}" is ${describe(inner)}, expected plain JSON data`);
      }
      return inner;
    },
    1,
  );
}

/** The value that `stringifyExactly` was given. Throws SyntaxError when the text is no JSON. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !(KEY in value)) return value;
    const odd = ODD_NUMBERS.get(String((value as Record<string, unknown>)[KEY]));
    return odd === undefined || Object.keys(value).length !== 1 ? value : odd;
  });
}

function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    // An absent optional field: left out by JSON, absent again afterwards.
    case "undefined":
      return true;
    case "object": {
      if (value === null || Array.isArray(value)) return true;
      const prototype: unknown = Object.getPrototypeOf(value);
      return prototype === Object.prototype || prototype === null;
    }
    default:
      return false;
  }
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null
    ? `a ${value.constructor.name}`
    : `a value of type ${typeof value}`;
}
