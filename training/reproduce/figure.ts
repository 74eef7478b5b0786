import type { Definition } from "../../core/catalogue.ts";
import type { Picture } from "../plots/render-svg.ts";
import type { Scale } from "./scale.ts";
import type { Verdict } from "./verdict.ts";

/** Where a figure works, and how much of it is done. */
export interface FigureOptions {
  /** Runs of all figures, shared where figures need the same; what is there goes on. */
  readonly work: string;
  readonly scale: Scale;
  /** Seeds 0 to this - 1. */
  readonly seeds: number;
  /** Processes at a time. */
  readonly workers: number;
  /** Folder of the two-task data set; null: there is none. */
  readonly data: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FigureProgress) => void;
  readonly onNote: (line: string) => void;
}

export interface FigureProgress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A row of a figure's data. */
export type FigureRow = Readonly<Record<string, string | number | boolean | null>>;

/** What a figure came to. */
export interface FigureResult {
  readonly picture: Picture;
  /** Whatever the picture shows, a row a point. */
  readonly rows: readonly FigureRow[];
  /** Whether the claim holds: under the paper's settings, and under those shared by all models. */
  readonly verdicts: { readonly published: Verdict; readonly matched: Verdict };
  /** How much was run, in words: samples, epochs, steps, models, seeds. */
  readonly extent: string;
  /** Plainly stated things a reader must know. */
  readonly notes: readonly string[];
}

/** A figure of the paper, or one of this project's own. */
export interface FigureDefinition<Id extends string = string> extends Definition<Id> {
  readonly title: string;
  /** What the paper claims. */
  readonly claim: string;
  /** Whether it needs the two-task data set. */
  readonly needsData: boolean;
  /** Runs what is not done yet; undefined where it was stopped. */
  run(options: FigureOptions): Promise<FigureResult | undefined>;
}

export function defineFigure<Id extends string>(definition: FigureDefinition<Id>): FigureDefinition<Id> {
  return definition;
}

export const PAPER = ["He et al., Nature Computational Science 4, 584-599 (2024)"];

/**
 * Said on every figure: the paper's text and data lie behind a wall, and its captions say what figures are about, not
 * their panels.
 */
export const READING =
  "Which panel shows what is this project's reading of the paper's public captions (figure 3: equivalence in simulations; " +
  "4: results of learning tasks; 5: computing resources and statistics); no number of the paper's panels is known to it.";
