import { InvalidArgumentError } from "commander";

/** Commander's argument parsers. Each throws InvalidArgumentError, which the command line reports as wrong usage. */

/** A seed: an integer from 0 to 2^53 - 1. */
export function parseSeed(text: string): number {
  return parseInteger(0)(text);
}

/** A parser of integers within [min, max]. */
export function parseInteger(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const expected = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`;
  return (text) => {
    // Number() also reads "", " 7", "0x10" and "1e3"; of these only the last is what someone may mean.
    const value = /^[+-]?\d+(e\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected an integer ${expected}.`);
    }
    return value;
  };
}

/** A parser of finite numbers within [min, max]. */
export function parseNumber(
  min: number = Number.NEGATIVE_INFINITY,
  max: number = Number.POSITIVE_INFINITY,
): (text: string) => number {
  const bounds = [
    ...(min === Number.NEGATIVE_INFINITY ? [] : [`at least ${min}`]),
    ...(max === Number.POSITIVE_INFINITY ? [] : [`at most ${max}`]),
  ].join(" and ");
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a finite number${bounds === "" ? "" : ` ${bounds}`}.`);
    }
    return value;
  };
}

/** Collects `key=value` of a repeatable option; values are read as JSON where they are JSON, as text otherwise. */
export function collectSettings(
  text: string,
  previous: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Expected key=value, for example --set training.steps=10000.");
  const key = text.slice(0, at);
  if (Object.hasOwn(previous, key)) throw new InvalidArgumentError(`"${key}" is set twice.`);
  return { ...previous, [key]: readValue(text.slice(at + 1)) };
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON: a bare word such as `matter`, which needs no quotes on a command line.
    return text;
  }
}
