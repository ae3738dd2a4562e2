// What the loader on the host's page and the app in the iframe say to each other, by postMessage. The loader
// listens to its own iframe and the server's origin only; the app to its parent only, whose origin the page's
// frame-ancestors has already let in. No message ever carries the visitor's token.

/** From the host's page to the app. */
export type ToApp =
  | { centrala: 'init'; identity: string | null }
  | { centrala: 'shown'; on: boolean };

/** From the app to the host's page. */
export type ToHost =
  | { centrala: 'ready' }
  | { centrala: 'close' }
  | { centrala: 'open' }
  /** Whether there is a conversation worth loading the app for on the next page. */
  | { centrala: 'talk'; on: boolean }
  /** What the closed button shows: unread messages, the latest of them, or the place in the queue. */
  | { centrala: 'badge'; unread: number; peek: { name: string; text: string } | null; queue: string | null };
