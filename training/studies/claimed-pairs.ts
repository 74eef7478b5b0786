/** What the paper claims of pairs of neurons: the first does better than the second, of the same number or four times as many. */
export const CLAIMED_PAIRS = [
  ["hh-published", "lif"],
  ["s-lif2hh", "lif"],
  ["hh", "lif"],
  ["hh-published", "4lif"],
  ["s-lif2hh", "4lif"],
  ["hh", "4lif"],
] as const;
