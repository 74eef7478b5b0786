import { UsageError } from "./errors.ts";
import { Box, Discrete, MultiDiscrete, type Space } from "./space.ts";

/** How the members of one space become rows of plain numbers in a larger array, and members again. */
export interface SpaceRow<A> {
  /** Numbers in a row. */
  readonly size: number;
  /** Writes a member to `rows[at] ... rows[at + size - 1]`. Does not check that it is one. */
  write(member: A, rows: Float64Array, at: number): void;
  /** The member that stands there, in a fresh array. What is out of bounds is handed on for the reader to refuse. */
  read(rows: ArrayLike<number>, at: number): A;
}

/**
 * Boxes are their numbers (to float32 when read), Discrete is one number, MultiDiscrete one each.
 *
 * @param where for the message
 * @throws UsageError for a space of another kind
 */
export function spaceRow<A>(space: Space<A>, where: string): SpaceRow<A> {
  if (space instanceof Box) return arrayRow(space.size, (n) => new Float32Array(n)) as unknown as SpaceRow<A>;
  if (space instanceof MultiDiscrete) {
    return arrayRow(space.size, (n) => new Int32Array(n)) as unknown as SpaceRow<A>;
  }
  if (space instanceof Discrete) return NUMBER_ROW as unknown as SpaceRow<A>;
  throw new UsageError(
    `${where}: the space is ${space.describe()}, expected Box, Discrete or MultiDiscrete, which are rows of numbers`,
  );
}

function arrayRow<T extends Float32Array | Int32Array>(
  size: number,
  allocate: (size: number) => T,
): SpaceRow<T> {
  return {
    size,
    write: (member, rows, at) => rows.set(member, at),
    read(rows, at) {
      const member = allocate(size);
      for (let i = 0; i < size; i++) member[i] = rows[at + i]!;
      if (member instanceof Int32Array && !member.every((x, i) => x === rows[at + i])) {
        // Handed on, it would have become another, perhaps valid, choice.
        throw new UsageError(
          `action ${Array.from({ length: size }, (_, i) => rows[at + i]).join(", ")}: expected integers`,
        );
      }
      return member;
    },
  };
}

const NUMBER_ROW: SpaceRow<number> = {
  size: 1,
  write(member, rows, at) {
    rows[at] = member;
  },
  read: (rows, at) => rows[at]!,
};
