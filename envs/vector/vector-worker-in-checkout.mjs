// Starts vector-worker.ts in a checkout, where nothing is compiled: `--import tsx` registers the loader of TypeScript in
// the main thread only. A package has vector-worker.js and no need of this file.
import { register } from "tsx/esm/api";

register();
await import("./vector-worker.ts");
