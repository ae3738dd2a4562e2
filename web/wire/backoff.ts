// When to try again. Full jitter: anything between nothing and a ceiling that doubles, so that a thousand
// clients that lost the same server do not come back in the same instant.

export const backoffBase = 500;
export const backoffCap = 30_000;

/** Milliseconds to wait before attempt n (0, 1, 2 …); random gives numbers in [0, 1). */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return Math.floor(random() * Math.min(backoffCap, backoffBase * 2 ** Math.min(attempt, 16)));
}
