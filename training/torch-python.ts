import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The first is whatever the user has set up; a distribution's packages belong to the second. */
const candidates = ["python3", "/usr/bin/python3"];

// Looking torch up takes a moment, importing it seconds.
const lookUp = "import importlib.util as u; raise SystemExit(u.find_spec('torch') is None)";

/** A Python of this machine that has PyTorch. */
export async function findTorchPython(): Promise<string | undefined> {
  for (const python of candidates) {
    try {
      await run(python, ["-c", lookUp]);
      return python;
    } catch {
      // This Python is missing or has no torch: the next one may.
    }
  }
  return undefined;
}
