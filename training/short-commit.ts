const DIGITS = 10;

/** A commit short enough for a page, with the `+` of a checkout whose files differ from it: `5a28f2a109+`. */
export function shortCommit(commit: string): string {
  return commit.endsWith("+") ? `${commit.slice(0, -1).slice(0, DIGITS)}+` : commit.slice(0, DIGITS);
}
