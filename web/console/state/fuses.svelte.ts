// What stands still because it looks like a loop of mail, for administrators: asked for now and then, and shown in the
// rail and beside the channels.
import * as api from '../api';
import { app } from './app.svelte';

const every = 60_000;

class Fuses {
  list = $state.raw<api.Fuse[]>([]);

  take(all: api.List<api.Fuse>): void {
    this.list = all.items;
  }

  /** Watches until the returned function is called. */
  watch(): () => void {
    const ask = () => {
      if (!app.admin) return;
      api.listFuses().then(
        (all) => this.take(all),
        (err: unknown) => {
          if (!(err instanceof api.ApiError)) throw err; // without a connection the last answer stands
        },
      );
    };
    ask();
    const timer = setInterval(ask, every);
    return () => clearInterval(timer);
  }
}

export const fuses = new Fuses();
