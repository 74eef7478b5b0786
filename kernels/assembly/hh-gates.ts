import { constant, splat } from "./lanes";

// The gates of the biophysical Hodgkin-Huxley neuron (equations: neurons/hh.ts). In a substep of dt each relaxes to its
// limit at the present voltage,
//
//   x <- x + (rest(V) - x) share(V),   share = 1 - e^(-dt (alpha + beta)),
//
// so what a substep needs of V is six functions. They stand in a table that kernels/hh-table.ts makes for a dt: in each
// interval of V a parabola through both ends and the middle,
//
//   p0 + t (p1 + t p2),   t from 0 to 1,
//
// of all six side by side: [intervals][p0, p1, p2][rest m, h, n, -; share m, h, n, -]. A vector of neurons reads four
// intervals, one a lane, and turns them round. Beyond its ends the gates are what they are there: closed or open for good.

/** Intervals in a millivolt; the table goes from -512 to 512 mV: strong inhibition pulls a membrane far below rest. */
const PER_MV: f32 = 16;
const FIRST_MV = memory.data<f32>([-512]);
/** The last float32 before 512. */
const LAST_MV = memory.data<f32>([511.99997]);
const PER_MV_AT = memory.data<f32>([16]);
// A place in the table is a float32 between 2^23 and 2^24, whose low bits are that whole number; what stands above is taken
// off the table's address. Cutting four floats to whole numbers takes V8 nine instructions, a product of those two more.
const BYTES = memory.data<f32>([96]);
/** 2^23 + 512 mV in intervals, in bytes. */
const PLACES = memory.data<f32>([9175040]);
const PLACES_BITS: usize = 0x4b000000;

/** The voltage as the table has it. NaN becomes an end: the voltage itself stays NaN, and that is what is looked at. */
// @ts-ignore: decorator
@inline
function held(v: v128): v128 {
  // pmin(a, b) = b < a ? b : a and pmax(a, b) = a < b ? b : a, one instruction each.
  return f32x4.pmax(constant(FIRST_MV), f32x4.pmin(constant(LAST_MV), v));
}

// @ts-ignore: decorator
@inline
function spread(t: v128, lane: u8): v128 {
  if (lane == 0) return v128.shuffle<f32>(t, t, 0, 0, 0, 0);
  if (lane == 1) return v128.shuffle<f32>(t, t, 1, 1, 1, 1);
  if (lane == 2) return v128.shuffle<f32>(t, t, 2, 2, 2, 2);
  return v128.shuffle<f32>(t, t, 3, 3, 3, 3);
}

/** p0 + t (p1 + t p2) of four functions. */
// @ts-ignore: decorator
@inline
function parabola(at: usize, t: v128): v128 {
  return f32x4.add(v128.load(at), f32x4.mul(t, f32x4.add(v128.load(at, 32), f32x4.mul(t, v128.load(at, 64)))));
}

/** x + (rest - x) share for one gate at `to`. */
// @ts-ignore: decorator
@inline
function relax(to: usize, rest: v128, share: v128): void {
  const x = v128.load(to);
  v128.store(to, f32x4.add(x, f32x4.mul(f32x4.sub(rest, x), share)));
}

/** A substep of the gates of the state V, m, h, n; `work`: 96 bytes. */
// @ts-ignore: decorator
@inline
export function relaxGates(state: usize, work: usize, table: usize): void {
  const x = f32x4.mul(held(v128.load(state)), constant(PER_MV_AT));
  const floor = f32x4.floor(x);
  const first = table - PLACES_BITS;
  const t = f32x4.sub(x, floor);
  const place = f32x4.add(f32x4.mul(floor, constant(BYTES)), constant(PLACES));
  const at0 = first + <usize>i32x4.extract_lane(place, 0);
  const at1 = first + <usize>i32x4.extract_lane(place, 1);
  const at2 = first + <usize>i32x4.extract_lane(place, 2);
  const at3 = first + <usize>i32x4.extract_lane(place, 3);
  const t0 = spread(t, 0);
  const t1 = spread(t, 1);
  const t2 = spread(t, 2);
  const t3 = spread(t, 3);
  // Limits go to memory before shares are read: all 24 loads at once would leave the registers and come back.
  turned(parabola(at0, t0), parabola(at1, t1), parabola(at2, t2), parabola(at3, t3), work);
  turned(parabola(at0 + 16, t0), parabola(at1 + 16, t1), parabola(at2 + 16, t2), parabola(at3 + 16, t3), work + 48);
  relax(state + 16, v128.load(work), v128.load(work, 48));
  relax(state + 32, v128.load(work, 16), v128.load(work, 64));
  relax(state + 48, v128.load(work, 32), v128.load(work, 80));
}

/** The first three columns of four rows. */
// @ts-ignore: decorator
@inline
function turned(r0: v128, r1: v128, r2: v128, r3: v128, to: usize): void {
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(a, b, 2, 3, 6, 7), 16);
  v128.store(to, v128.shuffle<f32>(v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), v128.shuffle<f32>(r2, r3, 2, 6, 3, 7), 0, 1, 4, 5), 32);
}

/** For one gate: 1 - share to `to`, and d x' / d V = rest' share + (rest - x) share' 48 bytes further on. */
// @ts-ignore: decorator
@inline
function storeSlope(to: usize, x: v128, rest: v128, share: v128, rest1: v128, share1: v128): void {
  v128.store(to, f32x4.sub(splat(1), share));
  const slope = f32x4.add(f32x4.mul(rest1, share), f32x4.mul(f32x4.sub(rest, x), share1));
  v128.store(to, f32x4.mul(slope, splat(PER_MV)), 48);
}

/** One lane's limits, shares and the slopes of both, each a row of the four that are turned round. */
// @ts-ignore: decorator
@inline
function readLane(at: usize, t: v128, to: usize): void {
  const restP1 = v128.load(at, 32);
  const shareP1 = v128.load(at, 48);
  const restBend = f32x4.mul(t, v128.load(at, 64));
  const shareBend = f32x4.mul(t, v128.load(at, 80));
  const rest1 = f32x4.add(restP1, restBend);
  const share1 = f32x4.add(shareP1, shareBend);
  v128.store(to, f32x4.add(v128.load(at), f32x4.mul(t, rest1)));
  v128.store(to, f32x4.add(v128.load(at, 16), f32x4.mul(t, share1)), 64);
  v128.store(to, f32x4.add(rest1, restBend), 128);
  v128.store(to, f32x4.add(share1, shareBend), 192);
}

/**
 * Of a substep from the state V, m, h, n at `before`: for m, h, n what is left of a distance, to `work + 48`, and d x' / d V
 * of the gate after by the voltage before, to `work + 96`. `work`: 192 bytes.
 */
// @ts-ignore: decorator
@inline
export function gateSlopes(before: usize, work: usize, table: usize): void {
  const x = f32x4.mul(held(v128.load(before)), constant(PER_MV_AT));
  const floor = f32x4.floor(x);
  const first = table - PLACES_BITS;
  const t = f32x4.sub(x, floor);
  const place = f32x4.add(f32x4.mul(floor, constant(BYTES)), constant(PLACES));
  readLane(first + <usize>i32x4.extract_lane(place, 0), spread(t, 0), LANES);
  readLane(first + <usize>i32x4.extract_lane(place, 1), spread(t, 1), LANES + 16);
  readLane(first + <usize>i32x4.extract_lane(place, 2), spread(t, 2), LANES + 32);
  readLane(first + <usize>i32x4.extract_lane(place, 3), spread(t, 3), LANES + 48);
  turn(LANES);
  turn(LANES + 64);
  turn(LANES + 128);
  turn(LANES + 192);
  for (let k: usize = 0; k < 48; k += 16) {
    storeSlope(work + 48 + k, v128.load(before + 16 + k), v128.load(LANES + k), v128.load(LANES + 64 + k), v128.load(LANES + 128 + k), v128.load(LANES + 192 + k));
  }
}

/** Four rows of four. */
const LANES = memory.data(256, 16);

/** Rows become columns, in place. */
// @ts-ignore: decorator
@inline
function turn(at: usize): void {
  const r0 = v128.load(at);
  const r1 = v128.load(at, 16);
  const r2 = v128.load(at, 32);
  const r3 = v128.load(at, 48);
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const c = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(at, v128.shuffle<f32>(a, c, 0, 1, 4, 5));
  v128.store(at, v128.shuffle<f32>(a, c, 2, 3, 6, 7), 16);
  v128.store(at, v128.shuffle<f32>(b, d, 0, 1, 4, 5), 32);
}
