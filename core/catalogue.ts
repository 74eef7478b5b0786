import { unknownName } from "./errors.ts";

/** What every entry of a catalogue says of itself. */
export interface Definition<Id extends string = string> {
  readonly id: Id;
  /** One sentence. */
  readonly summary: string;
  /** Papers, standards or files it follows. */
  readonly references: readonly string[];
}

/** An ordered, closed set of definitions. Its literal ids make a wrong id a compile error, and a kind error at run time. */
export class Catalogue<D extends Definition> {
  readonly kind: string;
  readonly entries: readonly D[];

  constructor(kind: string, entries: readonly D[]) {
    this.kind = kind;
    this.entries = entries;
  }

  get ids(): D["id"][] {
    return this.entries.map((entry) => entry.id);
  }

  has(id: string): id is D["id"] {
    return this.entries.some((entry) => entry.id === id);
  }

  /** Throws a UsageError that names the nearest id. */
  get(id: string): D {
    const entry = this.entries.find((candidate) => candidate.id === id);
    if (entry === undefined) throw unknownName(this.kind, id, this.ids);
    return entry;
  }
}
