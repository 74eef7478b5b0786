import { adamFactors } from "./adam.ts";

/**
 * Adam (Kingma & Ba 2015) on a single number, kept with its moments among a learner's named numbers, so that it is saved
 * and put back with them.
 */
export class ScalarAdam {
  readonly #numbers: Record<string, number>;
  readonly #name: string;

  /** @param numbers where `name`, its moments and its step count are kept */
  constructor(numbers: Record<string, number>, name: string, value: number) {
    this.#numbers = numbers;
    this.#name = name;
    Object.assign(numbers, { [name]: value, [`${name}/m`]: 0, [`${name}/v`]: 0, [`${name}/step`]: 0 });
  }

  get value(): number {
    return this.#numbers[this.#name]!;
  }

  /** One step against the gradient. */
  descend(gradient: number, learningRate: number): void {
    const name = this.#name;
    const at = (suffix: string) => this.#numbers[`${name}/${suffix}`]!;
    const step = at("step") + 1;
    const { beta1, beta2, epsilon, stepSize, inverseSqrtC2 } = adamFactors({ learningRate }, step);
    const m = beta1 * at("m") + (1 - beta1) * gradient;
    const v = beta2 * at("v") + (1 - beta2) * gradient ** 2;
    Object.assign(this.#numbers, {
      [name]: this.value - (stepSize * m) / (Math.sqrt(v) * inverseSqrtC2 + epsilon),
      [`${name}/m`]: m,
      [`${name}/v`]: v,
      [`${name}/step`]: step,
    });
  }
}
