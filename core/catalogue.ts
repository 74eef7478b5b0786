import { UsageError, unknownName } from "./errors.ts";

/** What every entry of a catalogue says of itself. */
export interface Definition<Id extends string = string> {
  readonly id: Id;
  /** One sentence. */
  readonly summary: string;
  /** Papers, standards or files it follows. */
  readonly references: readonly string[];
}

/**
 * An ordered set of definitions. The literal ids it is written with make a wrong id a compile error, and a kind error at
 * run time; a program may add its own.
 */
export class Catalogue<D extends Definition> {
  readonly kind: string;
  readonly #entries: D[];

  constructor(kind: string, entries: readonly D[]) {
    this.kind = kind;
    this.#entries = [...entries];
  }

  get entries(): readonly D[] {
    return this.#entries;
  }

  get ids(): D["id"][] {
    return this.#entries.map((entry) => entry.id);
  }

  has(id: string): id is D["id"] {
    return this.#entries.some((entry) => entry.id === id);
  }

  /** Throws a UsageError that names the nearest id. */
  get(id: string): D {
    const entry = this.#entries.find((candidate) => candidate.id === id);
    if (entry === undefined) throw unknownName(this.kind, id, this.ids);
    return entry;
  }

  /**
   * Adds one of a program's own, for as long as the program runs. The very same again changes nothing.
   *
   * @throws UsageError where the id is empty or belongs to another
   */
  add(entry: D): void {
    const { id } = entry;
    if (this.#entries.includes(entry)) return;
    if (id === "" || this.has(id)) {
      throw new UsageError(
        `${this.kind} "${id}": ${id === "" ? "it has no id" : "there is one of this id already"}; give it an id of its own`,
      );
    }
    this.#entries.push(entry);
  }
}
