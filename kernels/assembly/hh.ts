import { relaxGates } from "./hh-gates";
import { COUNT, DT_BY_C, FORWARD_SCRATCH, GATES, initialState, LOST, relaxVoltage, sigmoid, storeState, SUM } from "./hh-state";
import { groupStart, one, splat } from "./lanes";
import { NeuronCall, sliceBytes, tickShare } from "./neuron-call";

// Forward pass of the biophysical Hodgkin-Huxley neuron (hh-state.ts).

/**
 * history: the state before every substep, [rows, substeps of all ticks, groups of four units, 4 x 16 bytes].
 * Returns whether a membrane is not a number.
 */
export function hhForward(call: NeuronCall, table: usize, substeps: i32, dtMs: f32, gain: f32, offset: f32, smooth: f32, thresholdRow: i32): bool {
  const slice = sliceBytes(call);
  const units = call.units;
  const row = <usize>units << 2;
  const dt = splat(dtMs);
  const groups = (units + 3) >> 2;
  const end = call.scratch + <usize>groups * FORWARD_SCRATCH;
  const share = tickShare(call);
  let history = call.history;
  let broken = splat(0);
  for (let r = 0; r < call.rows; r++) {
    const rowLane = <usize>(r * units) << 2;
    for (let g = 0; g < groups; g++) {
      const unit = <usize>groupStart(g << 2, units) << 2;
      const state = call.scratch + <usize>g * FORWARD_SCRATCH;
      for (let k = 0; k < 4; k++) v128.store(state + (<usize>k << 4), initialState(call, rowLane + unit, k));
      v128.store(state, splat(0), SUM);
      v128.store(state, splat(0), LOST);
      v128.store(state, f32x4.div(dt, v128.load(call.constants + row * 6 + unit)), DT_BY_C);
    }
    for (let t = 0; t < call.inputs * call.repeat; t++) {
      const currents = call.currents + rowLane + <usize>(t / call.repeat) * slice;
      for (let state = call.scratch; state < end; state += FORWARD_SCRATCH) v128.store(state, splat(0), COUNT);
      for (let q = 0; q < substeps; q++) {
        for (let state = call.scratch; state < end; state += FORWARD_SCRATCH) {
          const v = v128.load(state);
          if (history) {
            v128.store(history, v);
            v128.store(history, v128.load(state, 16), 16);
            v128.store(history, v128.load(state, 32), 32);
            v128.store(history, v128.load(state, 48), 48);
            history += 64;
          }
          relaxGates(state, state + GATES, table);
        }
        let state = call.scratch;
        for (let g = 0; g < groups; g++) {
          const unit = <usize>groupStart(g << 2, units) << 2;
          const constants = call.constants + unit;
          const theta = v128.load(constants + row * <usize>thresholdRow);
          const current = f32x4.add(f32x4.mul(splat(gain), v128.load(currents + unit)), splat(offset));
          const v = v128.load(state);
          const next = relaxVoltage(state, constants, row, current, v128.load(state, DT_BY_C));
          const crossed = one(v128.and(f32x4.le(v, theta), f32x4.gt(next, theta)));
          v128.store(state, f32x4.add(v128.load(state, COUNT), crossed), COUNT);
          state += FORWARD_SCRATCH;
        }
      }
      for (let g = 0; g < groups; g++) {
        const unit = <usize>groupStart(g << 2, units) << 2;
        const lane = rowLane + unit;
        const state = call.scratch + <usize>g * FORWARD_SCRATCH;
        let s = v128.load(state, COUNT);
        if (smooth > 0) {
          const theta = v128.load(call.constants + row * <usize>thresholdRow + unit);
          s = sigmoid(f32x4.div(f32x4.sub(v128.load(state), theta), splat(smooth)));
        }
        v128.store(state, f32x4.add(v128.load(state, SUM), s), SUM);
        if (!call.mean) v128.store(call.out + <usize>t * slice + lane, s);
        if (call.trace) storeState(call.trace + <usize>t * slice * 4 + lane, slice, state);
      }
    }
    for (let g = 0; g < groups; g++) {
      const lane = rowLane + (<usize>groupStart(g << 2, units) << 2);
      const state = call.scratch + <usize>g * FORWARD_SCRATCH;
      if (call.mean) v128.store(call.out + lane, f32x4.mul(v128.load(state, SUM), share));
      if (call.final) storeState(call.final + lane, slice, state);
      const v = v128.load(state);
      broken = v128.or(broken, f32x4.ne(v, v));
    }
  }
  return v128.any_true(broken);
}
