import { cpus, totalmem } from "node:os";

/** What a timing depends on, without naming the machine. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
  };
}

/** "AMD EPYC 9R14, 2 cores, 8 GiB, linux x64" */
export function showMachine({ processor, cores, memoryGiB, platform }: Machine): string {
  return `${processor}, ${cores} core${cores === 1 ? "" : "s"}, ${memoryGiB} GiB, ${platform}`;
}
