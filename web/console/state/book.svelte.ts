// How many mails wait in quarantine and how many webhooks are unread, for whoever may decide on them.
import * as api from '../api';
import { app } from './app.svelte';

class Book {
  /** Null: not known, or not this reader's business. */
  waiting = $state<number | null>(null);
  hooks = $state<number | null>(null);

  async count(): Promise<void> {
    if (!app.leads) return;
    try {
      this.waiting = (await api.listMail({ outcome: 'quarantined', limit: 1 })).tally.quarantined;
    } catch {
      this.waiting = null; // the room's line says what the room is for instead
    }
    if (!app.admin) return;
    try {
      this.hooks = (await api.tallyHooks({})).unread;
    } catch {
      this.hooks = null; // likewise
    }
  }
}

export const book = new Book();
