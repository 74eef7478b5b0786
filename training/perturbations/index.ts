import { Catalogue } from "../../core/catalogue.ts";
import { actuatorDeadZone } from "./actuator-dead-zone.ts";
import { actuatorDelay } from "./actuator-delay.ts";
import { actuatorGainLoss } from "./actuator-gain-loss.ts";
import { actuatorNoise } from "./actuator-noise.ts";
import { actuatorSticking } from "./actuator-sticking.ts";
import { baseShaking } from "./base-shaking.ts";
import { cartMass } from "./cart-mass.ts";
import { conductanceSpread } from "./conductance-spread.ts";
import { damping } from "./damping.ts";
import type { PerturbationDefinition } from "./definition.ts";
import { dryFriction } from "./dry-friction.ts";
import { gravity } from "./gravity.ts";
import { lesion } from "./lesion.ts";
import { poleLength } from "./pole-length.ts";
import { poleMass } from "./pole-mass.ts";
import { push } from "./push.ts";
import { rewardNoise } from "./reward-noise.ts";
import { sensorBias } from "./sensor-bias.ts";
import { sensorDelay } from "./sensor-delay.ts";
import { sensorDropout } from "./sensor-dropout.ts";
import { sensorNoise } from "./sensor-noise.ts";
import { sensorQuantisation } from "./sensor-quantisation.ts";
import { sensorStuck } from "./sensor-stuck.ts";
import { sensorUniform } from "./sensor-uniform.ts";
import { spikeDeletion } from "./spike-deletion.ts";
import { spikeJitter } from "./spike-jitter.ts";
import { thresholdSpread } from "./threshold-spread.ts";
import { weightNoise } from "./weight-noise.ts";
import { weightQuantisation } from "./weight-quantisation.ts";

/** Every perturbation. Adding one: write its file, add one line here. */
export const perturbations = new Catalogue<PerturbationDefinition>("perturbation", [
  sensorNoise,
  sensorUniform,
  sensorBias,
  sensorDropout,
  sensorStuck,
  sensorQuantisation,
  sensorDelay,
  actuatorNoise,
  actuatorDelay,
  actuatorGainLoss,
  actuatorDeadZone,
  actuatorSticking,
  cartMass,
  poleMass,
  poleLength,
  gravity,
  damping,
  baseShaking,
  dryFriction,
  push,
  rewardNoise,
  weightNoise,
  weightQuantisation,
  lesion,
  thresholdSpread,
  conductanceSpread,
  spikeDeletion,
  spikeJitter,
]);

/**
 * Adds a perturbation of a program's own: its id then is an axis wherever one of the catalogue's is, in this program.
 *
 * @throws UsageError where the id belongs to another
 */
export function registerPerturbation(definition: PerturbationDefinition): void {
  perturbations.add(definition);
}
