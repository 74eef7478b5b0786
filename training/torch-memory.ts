import { freemem } from "node:os";

const GIB = 2 ** 30;
/** Of what is free when a PyTorch program starts: the rest of the machine goes on. */
const SHARE = 0.75;

/** Bytes a PyTorch program may take here, now. */
export function torchMemoryLimit(): number {
  // Node 20 to 22 count what a container allows; freemem alone would count the whole machine.
  return Math.floor(SHARE * Math.min(freemem(), process.availableMemory()));
}

/**
 * Python's arguments that run a script in so much address space: an allocation beyond it fails inside the script, instead
 * of the system looking for a process to kill. Windows has no such limit; there it runs as it is.
 */
export function limitedScript(script: string, bytes: number): string[] {
  const program = [
    "import runpy, sys",
    "limit, path = int(sys.argv[1]), sys.argv[2]",
    "try:",
    "    import resource",
    "    hard = resource.getrlimit(resource.RLIMIT_AS)[1]",
    "    resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))",
    "except (ImportError, ValueError, OSError):",
    "    pass",
    "sys.argv = sys.argv[2:]",
    "runpy.run_path(path, run_name='__main__')",
  ];
  return ["-c", program.join("\n"), String(bytes), script];
}

/** Whether a failed program says that it had no memory left, or was killed as the system does for want of it. */
export function ranOutOfMemory({
  stderr,
  signal,
}: {
  readonly stderr: string;
  readonly signal: string | null;
}): boolean {
  return (
    signal === "SIGKILL" ||
    /can't allocate memory|not enough memory|out of memory|MemoryError|bad_alloc/i.test(stderr)
  );
}

/** "PyTorch ran out of memory (it may take 14.9 GiB here)" */
export function describeOutOfMemory(limit: number, signal: string | null): string {
  const size = `it may take ${(limit / GIB).toFixed(1)} GiB here`;
  return signal === "SIGKILL"
    ? `PyTorch was killed, as the system does where memory runs out (${size})`
    : `PyTorch ran out of memory (${size})`;
}
