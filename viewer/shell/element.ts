/** The page's own element of that id. Throws when index.html and the code have parted. */
export function element<T extends HTMLElement>(id: string, type: abstract new (...args: never) => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with id "${id}"`);
  return found;
}
