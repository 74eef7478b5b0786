import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileError, ShapeError } from "../../core/errors.ts";
import { decodeSafetensors, encodeSafetensors, type NamedArrays } from "../../training/safetensors.ts";

const encode = (arrays: NamedArrays) => new Uint8Array(Buffer.concat(encodeSafetensors(arrays)));

const array = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint8Array),
    fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
  )
  .map(([shape, Values, bytes]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    // Random bits, so that every NaN, subnormal and -0 can occur.
    const raw = Uint8Array.from({ length: count * Values.BYTES_PER_ELEMENT }, () => bytes.next().value);
    return { shape, values: new Values(raw.buffer) };
  });

/** What must survive: type, shape and bits. */
const bits = (arrays: NamedArrays) =>
  Object.entries(arrays)
    .map(([name, { shape, values }]) => ({
      name,
      type: values.constructor.name,
      shape,
      bytes: [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

describe("safetensors", () => {
  it("gives every array back to the bit", () => {
    const names = fc.string().filter((name) => name !== "__metadata__");
    fc.assert(
      fc.property(fc.array(fc.tuple(names, array), { maxLength: 6 }), (entries) => {
        const arrays = Object.fromEntries(entries);
        expect(bits(decodeSafetensors(encode(arrays), "test"))).toEqual(bits(arrays));
      }),
      { numRuns: 50 },
    );
  });

  it("is the published format, byte for byte", () => {
    const bytes = encode({
      b: { shape: [2], values: Float32Array.of(1, -2) },
      a: { shape: [], values: Uint8Array.of(7) },
    });
    const header =
      '{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(Buffer.from(bytes)).toEqual(
      Buffer.concat([
        Buffer.from([padded.length, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from(padded),
        Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7]),
      ]),
    );
  });

  it("aligns every array to its own size, whatever the order they come in", () => {
    const arrays = {
      u8: { shape: [3], values: Uint8Array.of(1, 2, 3) },
      f64: { shape: [1], values: Float64Array.of(Math.PI) },
      i32: { shape: [1], values: Int32Array.of(-5) },
    };
    const bytes = encode(arrays);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect((8 + length) % 8).toBe(0);
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString()) as Record<
      string,
      { data_offsets: [number, number] }
    >;
    expect(header.f64?.data_offsets[0]).toBe(0);
    expect(header.i32?.data_offsets[0]).toBe(8);
    expect(encode({ i32: arrays.i32, u8: arrays.u8, f64: arrays.f64 })).toEqual(bytes);
  });

  it("refuses a shape that does not fit", () => {
    expect(() => encodeSafetensors({ a: { shape: [2, 3], values: new Float32Array(5) } })).toThrow(
      ShapeError,
    );
  });

  it("answers any cut-off file with one line", () => {
    const whole = encode({
      a: { shape: [2], values: Float32Array.of(1, 2) },
      b: { shape: [], values: Uint8Array.of(1) },
    });
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeSafetensors(whole.subarray(0, length), "x.safetensors"), `${length} bytes`).toThrow(
        FileError,
      );
    }
  });

  it("answers any flipped bit of the header with a FileError or other arrays, never a crash", () => {
    const whole = encode({ a: { shape: [2], values: Float32Array.of(1, 2) } });
    for (let bit = 0; bit < 8 * (whole.length - 8); bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      try {
        decodeSafetensors(damaged, "x.safetensors");
      } catch (error) {
        expect(error, `bit ${bit}`).toBeInstanceOf(FileError);
      }
    }
  });

  it.each([
    ["text", Buffer.from("hello, this is no tensor file at all")],
    ["a header length beyond reason", Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x7b])],
    ["a header that is a list", Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x5b, 0x5d])],
    ["values no array owns", Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d, 9])],
  ])("refuses %s", (_name, bytes) => {
    expect(() => decodeSafetensors(bytes, "x.safetensors")).toThrow(FileError);
  });
});
