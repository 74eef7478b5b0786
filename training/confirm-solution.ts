/** Episodes of a batch. */
const BATCH = 100;

/** How a second look at a policy went: of the starts that were tried, so many reached the threshold. */
export interface Confirmation {
  readonly held: number;
  readonly tried: number;
}

/**
 * Twenty episodes can be lucky; a run that is to end on them must hold from many other starts, each of them. They come in
 * batches, and a batch in which one fell is the last.
 */
export function confirmSolution(
  returnsFrom: (firstSeed: number, episodes: number) => readonly number[],
  { firstSeed, episodes, threshold }: { firstSeed: number; episodes: number; threshold: number },
): Confirmation {
  let tried = 0;
  let held = 0;
  while (tried < episodes && held === tried) {
    const returns = returnsFrom(firstSeed + tried, Math.min(BATCH, episodes - tried));
    tried += returns.length;
    held += returns.filter((value) => value >= threshold).length;
  }
  return { held, tried };
}
