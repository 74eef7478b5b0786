/**
 * How long a thread looks at a word before it goes to sleep, ms. Waking it costs as much as dozens of steps of a small
 * environment, so one that is about to be needed again should stay awake; but where there are more threads than cores,
 * the one that looks keeps the other from working. So it looks for long while that pays; when it has not, it hardly looks
 * and tries again for long once in a while.
 */
const LONG_MS = 0.12;
const SHORT_MS = 0.002;
/** Waits from one long try in vain to the next. */
const TRY_EVERY = 8;
/** Looks between two glances at the clock. */
const LOOKS = 100;

/** Waits for a word of shared memory to change. */
export class WordWatch {
  readonly #words: Int32Array;
  readonly #at: number;
  /** Waits since a long look last paid. */
  #inVain = 0;

  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  /** Waits until the word is no longer `value`; false where that takes longer than `timeoutMs`. */
  wait(value: number, timeoutMs = Number.POSITIVE_INFINITY): boolean {
    const words = this.#words;
    const at = this.#at;
    const patience = this.#inVain % TRY_EVERY === 0 ? LONG_MS : SHORT_MS;
    const start = performance.now();
    do {
      for (let look = 0; look < LOOKS; look++) {
        if (Atomics.load(words, at) === value) continue;
        if (patience === LONG_MS) this.#inVain = 0;
        return true;
      }
    } while (performance.now() - start < patience);
    this.#inVain++;
    while (Atomics.load(words, at) === value) {
      if (Atomics.wait(words, at, value, timeoutMs) === "timed-out") return false;
    }
    return true;
  }
}
