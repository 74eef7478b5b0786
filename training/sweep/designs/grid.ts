import { UsageError } from "../../../core/errors.ts";
import type { AxisValues } from "../spec.ts";
import type { DesignDefinition } from "./design.ts";

/** All combinations, the last axis fastest. */
export const grid: DesignDefinition = {
  id: "grid",
  summary: "all combinations of the axes' values",
  references: [],
  points(axes, samples) {
    if (samples !== undefined) {
      throw new UsageError(
        'sweep: a grid has all combinations; leave "samples" out, or choose another design',
      );
    }
    const lists = axes.map(([name, values]) => [name, listOf(name, values)] as const);
    return {
      length: lists.reduce((product, [, list]) => product * list.length, 1),
      at(index) {
        const point: Record<string, unknown> = {};
        let rest = index;
        for (const [name, list] of [...lists].reverse()) {
          point[name] = list[rest % list.length];
          rest = Math.floor(rest / list.length);
        }
        // In the order of the axes.
        return Object.fromEntries(lists.map(([name]) => [name, point[name]]));
      },
    };
  },
};

function listOf(name: string, values: AxisValues): readonly unknown[] {
  if (Array.isArray(values)) return values;
  const { from, to, scale, integer, steps } = values;
  if (steps === undefined) {
    throw new UsageError(
      `sweep: axis "${name}" is a range without "steps", expected how many values a grid has`,
    );
  }
  return Array.from({ length: steps }, (_, i) => {
    const share = i / (steps - 1);
    const value = scale === "log" ? from * (to / from) ** share : from + share * (to - from);
    return integer ? Math.round(value) : value;
  });
}
