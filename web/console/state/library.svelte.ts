// Macros, read when they are first wanted and again when settings change them.
import * as api from '../api';
import { app } from './app.svelte';

class Library {
  list = $state.raw<api.Macro[] | null>(null);
  failed = $state(false);

  async macros(again = false): Promise<void> {
    if (this.list && !again) return;
    try {
      this.list = (await api.listMacros()).items;
      this.failed = false;
    } catch (err) {
      this.failed = true;
      if (err instanceof api.ApiError && err.problem.status === 401) app.signedOut();
    }
  }
}

export const library = new Library();

/** Fills what the conversation knows; the rest stays in braces for the agent. */
export function fill(text: string, known: Record<string, string | null | undefined>): string {
  return text.replace(/\{\{\s*([^}]*?)\s*\}\}/g, (whole, name: string) => known[name] || whole);
}
