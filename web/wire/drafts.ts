// What somebody is in the middle of typing. Kept on every change, synchronously, so that a reload or a closed
// tab loses nothing.

export interface Drafts {
  get(name: string): string;
  set(name: string, text: string): void;
}

/** Drafts of one principal in localStorage; where there is none they live as long as the page. */
export function keepDrafts(scope: string, storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null = ownStorage()): Drafts {
  const memory = new Map<string, string>();
  const full = (name: string) => `centrala-draft:${scope}:${name}`;
  return {
    get(name) {
      return memory.get(name) ?? storage?.getItem(full(name)) ?? '';
    },
    set(name, text) {
      memory.set(name, text);
      try {
        if (text === '') storage?.removeItem(full(name));
        else storage?.setItem(full(name), text);
      } catch {
        return; // storage is full: the text is still in memory and on the screen
      }
    },
  };
}

export function ownStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // the browser forbids it in this frame
  }
}
