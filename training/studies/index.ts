import { Catalogue } from "../../core/catalogue.ts";
import { learningStudy } from "./learning.ts";
import { presetsStudy } from "./presets.ts";
import { robustnessStudy } from "./robustness.ts";
import type { StudyDefinition } from "./study.ts";

/** Every study of this room. Adding one: write its file, add one line here. */
export const studies = new Catalogue<StudyDefinition>("study", [
  // A definition's `run` wants its own parameters; the command line gives it only what its schema has parsed.
  learningStudy as unknown as StudyDefinition,
  presetsStudy as unknown as StudyDefinition,
  robustnessStudy as unknown as StudyDefinition,
]);
