type NumericArray = Float64Array | Float32Array | Int32Array | Uint8Array;

/** A typed array that grows as rows are appended; twice the size whenever it is full. */
export class GrowingColumn<A extends NumericArray> {
  #values: A;
  #length = 0;
  readonly #create: (length: number) => A;

  constructor(create: (length: number) => A) {
    this.#create = create;
    this.#values = create(64);
  }

  get length(): number {
    return this.#length;
  }

  append(value: number): void {
    this.#reserve(1);
    this.#values[this.#length++] = value;
  }

  appendAll(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#values.set(values, this.#length);
    this.#length += values.length;
  }

  /** The first `length` values in an array of their own. */
  take(length: number): A {
    return this.#values.slice(0, length) as A;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#values.length) return;
    const larger = this.#create(Math.max(2 * this.#values.length, this.#length + more));
    larger.set(this.#values);
    this.#values = larger;
  }
}
