import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Whether Debian's package `redis-server` is there. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/** A Redis of the test's own, on a free loopback port, with its append-only file in `folder`. */
export class TestRedis {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async create(folder: string): Promise<TestRedis> {
    return new TestRedis(await freePort(), folder);
  }

  async start(): Promise<void> {
    const settings = ["--bind", "127.0.0.1", "--port", String(this.#port), "--dir", this.#folder];
    const process = spawn("redis-server", [...settings, "--appendonly", "yes", "--save", ""], {
      stdio: "ignore",
    });
    this.#process = process;
    while (!(await answers(this.#port))) {
      if (process.exitCode !== null) throw new Error(`redis-server ended with code ${process.exitCode}`);
      await wait(50);
    }
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null) return;
    process.kill("SIGKILL");
    await once(process, "close");
    this.#process = undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
