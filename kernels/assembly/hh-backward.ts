import { covered4 } from "./exp";
import { gateSlopes, relaxGates } from "./hh-gates";
import { CONSTANTS, COUNT, cube, DT_BY_C, FORWARD_SCRATCH, fourth, GATES, LOST, relaxVoltage, sigmoid, storeState, SUM } from "./hh-state";
import { groupStart, one, splat } from "./lanes";
import { addConstant, NeuronCall, sliceBytes, tickShare } from "./neuron-call";
import { surrogate } from "./surrogate";

// Backward pass of the biophysical Hodgkin-Huxley neuron (hh-state.ts).

// Backward: the adjoint of V, m, h, n; the sum over the ticks of an input (at SUM); the gradient of the mean (at COUNT);
// DT_BY_C; GATES; then
const SLOPES: usize = 208; // d gate' / d V for m, h, n
const CONSTANT_SUMS: usize = 304;
const BACKWARD_SCRATCH: usize = 304 + 16 * <usize>CONSTANTS;

/** Adds to a sum in scratch. */
// @ts-ignore: decorator
@inline
function accumulate(at: usize, x: v128): void {
  v128.store(at, f32x4.add(v128.load(at), x));
}

/**
 * The adjoint of one substep. `before`: the state before it (V, m, h, n), `after`: after it. `adjoint`: the gradient with
 * respect to the state after, replaced by the one before; then the sums over the substeps of an input (SUM) and of the
 * constants. Above `detachAbove` mV the conductances and the gates' rates count as constants: the factor from one voltage
 * to the next then stays in (0, 1), where the true one grows without bound on the upstroke of a spike. With `chained`
 * false that is so everywhere, and the gates have no adjoint.
 */
// @ts-ignore: decorator
@inline
function substepAdjoint(adjoint: usize, before: usize, after: usize, constants: usize, row: usize, current: v128, detachAbove: v128, chained: bool, trained: bool): void {
  const v = v128.load(before);
  const m = v128.load(after, 16);
  const h = v128.load(after, 32);
  const n = v128.load(after, 48);
  const dtByC = v128.load(adjoint, DT_BY_C);
  let onV = v128.load(adjoint);
  const gNa1 = v128.load(constants);
  const gK1 = v128.load(constants + row);
  const eNa = v128.load(constants + row * 3);
  const eK = v128.load(constants + row * 4);
  const eL = v128.load(constants + row * 5);
  const openNa = f32x4.mul(cube(m), h);
  const openK = fourth(n);
  const gNa = f32x4.mul(gNa1, openNa);
  const gK = f32x4.mul(gK1, openK);
  const gL = v128.load(constants + row * 2);
  const total = f32x4.add(f32x4.add(gNa, gK), gL);
  const awayNa = f32x4.sub(eNa, v);
  const awayK = f32x4.sub(eK, v);
  const awayL = f32x4.sub(eL, v);
  const inward = f32x4.add(
    f32x4.add(f32x4.mul(gNa, awayNa), f32x4.mul(gK, awayK)),
    f32x4.add(f32x4.mul(gL, awayL), current),
  );
  // The step is inward p with p = (1 - e^(-dt total / C)) / total, so d p / d total = (e^(-dt total / C) dt / C - p) / total.
  const inverse = f32x4.div(splat(1), total);
  const gained = covered4(f32x4.mul(total, dtByC));
  const kept = f32x4.sub(splat(1), gained);
  const p = f32x4.mul(gained, inverse);
  const onInward = f32x4.mul(onV, p);
  const grown = f32x4.mul(f32x4.mul(inward, inverse), dtByC);
  const onTotal = f32x4.mul(onV, f32x4.sub(f32x4.mul(grown, kept), f32x4.mul(f32x4.mul(inward, inverse), p)));
  accumulate(adjoint + SUM, onInward);
  const onNa = f32x4.add(onTotal, f32x4.mul(awayNa, onInward));
  const onK = f32x4.add(onTotal, f32x4.mul(awayK, onInward));
  if (trained) {
    const sums = adjoint + CONSTANT_SUMS;
    accumulate(sums, f32x4.mul(onNa, openNa));
    accumulate(sums + 16, f32x4.mul(onK, openK));
    accumulate(sums + 32, f32x4.add(onTotal, f32x4.mul(awayL, onInward)));
    accumulate(sums + 48, f32x4.mul(onInward, gNa));
    accumulate(sums + 64, f32x4.mul(onInward, gK));
    accumulate(sums + 80, f32x4.mul(onInward, gL));
    // d p / d C = -e^(-dt total / C) dt / C^2
    const byC = f32x4.div(f32x4.mul(f32x4.mul(inward, dtByC), kept), v128.load(constants + row * 6));
    accumulate(sums + 96, f32x4.neg(f32x4.mul(onV, byC)));
  }
  onV = f32x4.mul(onV, kept);
  if (chained) {
    const attached = f32x4.le(v, detachAbove);
    const throughNa = v128.and(f32x4.mul(onNa, f32x4.mul(gNa1, f32x4.mul(m, m))), attached);
    const throughK = v128.and(f32x4.mul(onK, f32x4.mul(gK1, cube(n))), attached);
    const onM = f32x4.add(v128.load(adjoint, 16), f32x4.mul(throughNa, f32x4.mul(splat(3), h)));
    const onH = f32x4.add(v128.load(adjoint, 32), f32x4.mul(throughNa, m));
    const onN = f32x4.add(v128.load(adjoint, 48), f32x4.mul(splat(4), throughK));
    const throughGates = f32x4.add(
      f32x4.mul(onM, v128.load(adjoint, SLOPES)),
      f32x4.add(f32x4.mul(onH, v128.load(adjoint, SLOPES + 16)), f32x4.mul(onN, v128.load(adjoint, SLOPES + 32))),
    );
    onV = f32x4.add(onV, v128.and(throughGates, attached));
    v128.store(adjoint, f32x4.mul(onM, v128.load(adjoint, GATES + 48)), 16);
    v128.store(adjoint, f32x4.mul(onH, v128.load(adjoint, GATES + 64)), 32);
    v128.store(adjoint, f32x4.mul(onN, v128.load(adjoint, GATES + 80)), 48);
  }
  v128.store(adjoint, onV);
}

/** The gradient of a tick's output in the voltage after a substep. */
// @ts-ignore: decorator
@inline
function onOutputVoltage(call: NeuronCall, onOutput: v128, before: v128, after: v128, theta: v128, smooth: f32): v128 {
  if (smooth > 0) {
    const s = sigmoid(f32x4.div(f32x4.sub(after, theta), splat(smooth)));
    return f32x4.mul(onOutput, f32x4.div(f32x4.mul(s, f32x4.sub(splat(1), s)), splat(smooth)));
  }
  const slope = surrogate(call.kind, f32x4.sub(after, theta), splat(call.width), splat(call.height));
  return f32x4.mul(onOutput, v128.and(slope, f32x4.le(before, theta)));
}

export function hhBackward(call: NeuronCall, table: usize, substeps: i32, dtMs: f32, gain: f32, offset: f32, smooth: f32, detachAbove: f32): void {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const dt = splat(dtMs);
  const groups = (units + 3) >> 2;
  const share = tickShare(call);
  const trained = call.dConstants != 0;
  const chained = detachAbove > -f32.MAX_VALUE || call.dFinal != 0;
  const perSubstep = <usize>groups << 6;
  const steps = <usize>(call.inputs * call.repeat * substeps);
  const lastState = call.scratch + <usize>groups * BACKWARD_SCRATCH;
  for (let r = 0; r < call.rows; r++) {
    const rowLane = <usize>(r * units) << 2;
    // The state before the substep at hand; the one after it lies `perSubstep` further on, the last one in scratch.
    let history = call.history + <usize>r * steps * perSubstep + steps * perSubstep;
    for (let g = 0; g < groups; g++) {
      const unit = <usize>groupStart(g << 2, units) << 2;
      const lane = rowLane + unit;
      const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
      memory.fill(adjoint, 0, BACKWARD_SCRATCH);
      if (call.dFinal) {
        for (let k: usize = 0; k < 4; k++) v128.store(adjoint + (k << 4), v128.load(call.dFinal + slice * k + lane));
      }
      if (call.mean) v128.store(adjoint, f32x4.mul(v128.load(call.gradient + lane), share), COUNT);
      v128.store(adjoint, f32x4.div(dt, v128.load(call.constants + row * 6 + unit)), DT_BY_C);
      // The state after the last substep is worked out again from the one before.
      const last = lastState + <usize>g * FORWARD_SCRATCH;
      memory.copy(last, history - perSubstep + (<usize>g << 6), 64);
      const x = v128.load(call.currents + lane + <usize>(call.inputs - 1) * slice);
      const current = f32x4.add(f32x4.mul(splat(gain), x), splat(offset));
      v128.store(last, splat(0), LOST);
      relaxGates(last, last + GATES, table);
      relaxVoltage(last, call.constants + unit, row, current, v128.load(adjoint, DT_BY_C));
    }
    let afterBase = lastState;
    let afterStride = FORWARD_SCRATCH;
    for (let i = call.inputs - 1; i >= 0; i--) {
      const currents = call.currents + rowLane + <usize>i * slice;
      for (let k = call.repeat - 1; k >= 0; k--) {
        const onTick = call.gradient + rowLane + <usize>(i * call.repeat + k) * slice;
        for (let q = substeps - 1; q >= 0; q--) {
          history -= perSubstep;
          if (chained) {
            for (let g = 0; g < groups; g++) {
              gateSlopes(history + (<usize>g << 6), call.scratch + <usize>g * BACKWARD_SCRATCH + GATES, table);
            }
          }
          for (let g = 0; g < groups; g++) {
            const unit = <usize>groupStart(g << 2, units) << 2;
            const constants = call.constants + unit;
            const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
            const before = history + (<usize>g << 6);
            const after = afterBase + <usize>g * afterStride;
            if (!(smooth > 0) || q == substeps - 1) {
              const onOutput = call.mean ? v128.load(adjoint, COUNT) : v128.load(onTick + unit);
              const theta = v128.load(constants + row * 7);
              const onV = onOutputVoltage(call, onOutput, v128.load(before), v128.load(after), theta, smooth);
              accumulate(adjoint, onV);
              if (trained) accumulate(adjoint + CONSTANT_SUMS + 112, f32x4.neg(onV));
            }
            const current = f32x4.add(f32x4.mul(splat(gain), v128.load(currents + unit)), splat(offset));
            substepAdjoint(adjoint, before, after, constants, row, current, splat(detachAbove), chained, trained);
          }
          afterStride = 64;
          afterBase = history;
        }
      }
      for (let g = 0; g < groups; g++) {
        const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
        const sink = call.dCurrents + rowLane + <usize>i * slice + (<usize>groupStart(g << 2, units) << 2);
        v128.store(sink, f32x4.mul(splat(gain), v128.load(adjoint, SUM)));
        v128.store(adjoint, splat(0), SUM);
      }
    }
    for (let g = 0; g < groups; g++) {
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      const adjoint = call.scratch + <usize>g * BACKWARD_SCRATCH;
      if (call.dInitial) storeState(call.dInitial + lane, slice, adjoint);
      if (trained) {
        for (let k = 0; k < CONSTANTS; k++) addConstant(call, k, g << 2, v128.load(adjoint + CONSTANT_SUMS + (<usize>k << 4)));
      }
    }
  }
}
