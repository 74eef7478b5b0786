import { describe, expect, it } from "vitest";
import { runSpikegym } from "../cli/run-for-tests.ts";
import { pages, readPage } from "./pages.ts";

/** `spikegym VERB ... --option` as pages write it: in indented or fenced code, or between backticks. */
function commandsOf(page: string): { verb: string; options: string[] }[] {
  return [...readPage(page).matchAll(/(?:^|[`\s])spikegym ([a-z][a-z-]+)((?: [^`\n#|]*)?)/gm)]
    .filter(([whole]) => !/spikegym <verb>/.test(whole))
    .map(([, verb, rest = ""]) => ({
      verb: verb!,
      options: [...rest.split("  ")[0]!.matchAll(/(?<=\s)--[a-z-]+/g)].map(([option]) => option),
    }));
}

const inCode = (page: string) => commandsOf(page).filter(({ options }) => options.length > 0);

describe("the commands that pages show", () => {
  const helps = new Map<string, Promise<string>>();
  const helpOf = (words: string) => {
    const help =
      helps.get(words) ?? runSpikegym([...words.split(" "), "--help"]).then(({ stdout }) => stdout);
    helps.set(words, help);
    return help;
  };

  it.each(pages.filter((page) => inCode(page).length > 0))(
    "%s: their verbs and options exist",
    async (page) => {
      const wrong: string[] = [];
      for (const { verb, options } of inCode(page)) {
        // A verb of verbs, such as `multitask train`, has its options one level down.
        const actions = [...readPage(page).matchAll(new RegExp(`spikegym ${verb} ([a-z]+)`, "g"))].map(
          (m) => m[1]!,
        );
        const helps = await Promise.all([
          helpOf(verb),
          ...(verb === "multitask" ? actions.map((a) => helpOf(`${verb} ${a}`)) : []),
        ]);
        const text = helps.join("\n");
        if (!text.includes(`Usage: spikegym ${verb}`)) wrong.push(verb);
        wrong.push(
          ...options.filter((option) => !text.includes(option)).map((option) => `${verb} ${option}`),
        );
      }
      expect(wrong).toEqual([]);
    },
  );
});
