import { defineActuator } from "./definition.ts";

/** The action TAKEN last comes again, not the one asked for last; the first of an episode is its own. */
export const actuatorSticking = defineActuator({
  id: "actuator-sticking",
  kind: "actuator",
  summary: "an actuator that sticks: the last action is taken again with this probability",
  references: ["Machado et al., Revisiting the Arcade Learning Environment, JAIR 61, 2018, section 5.2"],
  unit: "probability a step",
  range: { min: 0, max: 1 },
  scale: [0.1, 0.25, 0.5, 0.7, 0.85],
  create(size) {
    // The last action, and whether there is one.
    const memory = new Float64Array(size + 1);
    return {
      memory,
      start: () => memory.fill(0),
      apply(values, level, dimensions, rng) {
        const sticks = rng.uniform() < level && memory[size] === 1;
        if (sticks) for (const i of dimensions) values[i] = memory[i]!;
        memory.set(values);
        memory[size] = 1;
      },
    };
  },
});
