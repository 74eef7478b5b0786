/** What the gradient of `hh` can leave out, for both outputs: the spikes, and the smooth synaptic release. */
export interface GradientOption {
  readonly output: "spikes" | "release";
  readonly gradient: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const RELEASE = { smoothMv: 10, thresholdMv: -45 };

export const GRADIENT_OPTIONS: readonly GradientOption[] = [
  { output: "spikes", gradient: "full", parameters: { detachAboveMv: null } },
  { output: "spikes", gradient: "detached above -20 mV", parameters: { detachAboveMv: -20 } },
  { output: "spikes", gradient: "detached above -50 mV", parameters: { detachAboveMv: -50 } },
  { output: "spikes", gradient: "detachGates", parameters: { detachGates: true } },
  { output: "release", gradient: "full", parameters: { ...RELEASE, detachAboveMv: null } },
  { output: "release", gradient: "detached above -50 mV", parameters: { ...RELEASE, detachAboveMv: -50 } },
  { output: "release", gradient: "detachGates", parameters: { ...RELEASE, detachGates: true } },
];
