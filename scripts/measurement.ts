import { loadavg } from "node:os";
import { describeMachine, showMachine } from "../training/machine.ts";
import { packageCommit, packageVersion } from "../training/package-root.ts";
import { shortCommit } from "../training/short-commit.ts";

/** Where, when and with what a page's figures were measured. */
export interface Measurement {
  readonly at: string;
  readonly machine: string;
  readonly node: string;
  readonly version: string;
  readonly commit: string | null;
  /** Before the first measurement: programs that wanted the processor, mean of the minute before. */
  readonly load: number;
}

/** Asked once: writing a page changes a file of the checkout. */
const commit = packageCommit();

/** As it is now; to be asked before what is measured makes a load of its own. */
export function describeMeasurement(): Measurement {
  return {
    at: new Date().toISOString().slice(0, 10),
    machine: showMachine(describeMachine()),
    node: process.version,
    version: packageVersion(),
    commit,
    load: loadavg()[0]!,
  };
}

/** "2026-11-24, AMD EPYC, 2 cores, 24 GiB, linux x64, Node 20.20.2, spikegym 0.1.0 (5a28f2a109)" */
export function showMeasurement({ at, machine, node, version, commit }: Measurement): string {
  return `${at}, ${machine}, Node ${node.slice(1)}, spikegym ${version}${commit === null ? "" : ` (${shortCommit(commit)})`}`;
}
