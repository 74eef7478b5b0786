import { UsageError } from "./errors.ts";
import type { Rng } from "./rng.ts";
import type { Space, SpaceJson } from "./space.ts";

/** The type of a space's members. */
export type MemberOf<S> = S extends Space<infer T> ? T : never;

type Named = Readonly<Record<string, Space>>;

/**
 * Named spaces side by side; a member is a plain object with exactly these keys.
 *
 * Samples are drawn in the order of the sorted keys, so that it does not matter in which order they were written down.
 */
export class Dict<S extends Named = Named> implements Space<{ [K in keyof S]: MemberOf<S[K]> }> {
  readonly kind = "dict";
  readonly entries: S;
  readonly #keys: readonly (keyof S & string)[];

  constructor(entries: S) {
    this.#keys = Object.keys(entries).sort();
    if (this.#keys.length === 0) throw new UsageError("Dict: it has no entries, expected at least 1");
    this.entries = { ...entries };
  }

  sample(rng: Rng): { [K in keyof S]: MemberOf<S[K]> } {
    return Object.fromEntries(this.#keys.map((key) => [key, this.entries[key]!.sample(rng)])) as {
      [K in keyof S]: MemberOf<S[K]>;
    };
  }

  contains(value: unknown): value is { [K in keyof S]: MemberOf<S[K]> } {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    if (Object.keys(value).length !== this.#keys.length) return false;
    return this.#keys.every(
      (key) =>
        Object.hasOwn(value, key) && this.entries[key]!.contains((value as Record<string, unknown>)[key]),
    );
  }

  describe(): string {
    return `Dict(${this.#keys.map((key) => `${key}: ${this.entries[key]!.describe()}`).join(", ")})`;
  }

  toJSON(): SpaceJson {
    return {
      kind: "dict",
      entries: Object.fromEntries(this.#keys.map((key) => [key, this.entries[key]!.toJSON()])),
    };
  }
}

/** Spaces in a row; a member is an array with one member of each. Samples are drawn from first to last. */
export class Tuple<S extends readonly Space[] = readonly Space[]>
  implements Space<{ [K in keyof S]: MemberOf<S[K]> }>
{
  readonly kind = "tuple";
  readonly members: S;

  constructor(members: S) {
    if (members.length === 0) throw new UsageError("Tuple: it has no members, expected at least 1");
    this.members = [...members] as readonly Space[] as S;
  }

  sample(rng: Rng): { [K in keyof S]: MemberOf<S[K]> } {
    return this.members.map((space) => space.sample(rng)) as { [K in keyof S]: MemberOf<S[K]> };
  }

  contains(value: unknown): value is { [K in keyof S]: MemberOf<S[K]> } {
    if (!Array.isArray(value) || value.length !== this.members.length) return false;
    return this.members.every((space, i) => space.contains(value[i]));
  }

  describe(): string {
    return `Tuple(${this.members.map((space) => space.describe()).join(", ")})`;
  }

  toJSON(): SpaceJson {
    return { kind: "tuple", members: this.members.map((space) => space.toJSON()) };
  }
}
