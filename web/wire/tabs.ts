// The tabs of one browser share an outbox: one of them sends, all of them show.

export interface Tabs {
  /** Calls then once this tab is the one that sends; it stays so until it is closed or stop is called. */
  lead(then: () => void): () => void;
  /** Tells the other tabs that the rows have changed. */
  tell(): void;
  /** Calls back when another tab told. */
  listen(then: () => void): () => void;
}

/** Web Locks and a BroadcastChannel, by name. Where the browser has none, every tab is alone and leads itself. */
export function browserTabs(scope: string): Tabs {
  const name = `centrala-outbox:${scope}`;
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  return {
    lead(then) {
      if (!navigator.locks) {
        then();
        return () => undefined;
      }
      let release: () => void = () => undefined;
      const done = new Promise<void>((resolve) => (release = resolve));
      const giveUp = new AbortController();
      navigator.locks
        .request(name, { signal: giveUp.signal }, () => {
          then();
          return done;
        })
        .catch((err: unknown) => {
          if (!giveUp.signal.aborted) throw err;
        });
      return () => {
        giveUp.abort();
        release();
      };
    },
    tell: () => channel?.postMessage(0),
    listen(then) {
      const heard = () => then();
      channel?.addEventListener('message', heard);
      return () => channel?.removeEventListener('message', heard);
    },
  };
}
