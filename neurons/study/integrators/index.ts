import { Catalogue } from "../../../core/catalogue.ts";
import { dormandPrince } from "./dormand-prince.ts";
import { exponentialEuler } from "./exponential-euler.ts";
import { forwardEuler } from "./forward-euler.ts";
import type { IntegratorDefinition } from "./integrator.ts";
import { rk4 } from "./rk4.ts";

/** Every integrator of the Hodgkin-Huxley equations; the first is the default. */
export const integrators = new Catalogue<IntegratorDefinition<IntegratorId>>("integrator", [
  rk4,
  dormandPrince,
  exponentialEuler,
  forwardEuler,
]);

export type IntegratorId = "rk4" | "dormand-prince" | "exponential-euler" | "forward-euler";
