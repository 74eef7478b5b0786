import type { Policy } from "../policy.ts";

/** One comparison of an exported file with the policy it came from. */
export interface ExportCheck {
  readonly id: string;
  /** null: it could not be made here; `note` says what is missing. */
  readonly ok: boolean | null;
  readonly note: string;
}

/** A file that an export writes. */
export interface ExportedFile {
  /** Appended to the name the user chose, e.g. `.onnx`. */
  readonly ending: string;
  readonly bytes: Uint8Array;
}

export interface Exported {
  readonly files: readonly ExportedFile[];
  readonly checks: readonly ExportCheck[];
  /** Parts of the policy that the format cannot hold, in words; empty where all of it is there. */
  readonly leftOut: readonly string[];
}

/** A format of other programs. Adding one: write its file, add one line to index.ts. */
export interface ExportFormat {
  readonly id: string;
  readonly summary: string;
  readonly references: readonly string[];
  /**
   * @param observations [count, window, observation], real ones, for the checks
   * @throws UsageError for a policy that the format cannot hold, saying which part and what to export instead
   */
  write(policy: Policy, batch: number, observations: Float32Array[]): Promise<Exported>;
}
