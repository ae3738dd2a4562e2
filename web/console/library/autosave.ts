// When a text is saved: a state and what happened to it give the next state and what to do about it. Pure; who carries
// it out has the clock and the line.

export type Phase =
  | 'rest' // all that is on the screen is on the server
  | 'typing' // a moment of rest is waited for
  | 'saving'
  | 'offline' // the server was not reached; kept in this browser, tried again
  | 'clash' // somebody else has saved meanwhile: both are shown, nothing is sent
  | 'refused'; // the server says what is wrong with it
export interface Saving {
  phase: Phase;
  /** Of the draft that was read; 0: there was none. */
  save: number;
  /** Changed since what is on its way. */
  again: boolean;
  /** How often in a row it was not reached. */
  tries: number;
}
export type Happening =
  | { kind: 'typed' }
  | { kind: 'due' } // the rest is over, or somebody pressed save
  | { kind: 'saved'; save: number }
  | { kind: 'failed'; how: 'offline' | 'clash' | 'refused' }
  /** Both were read and one text is wanted: over this save of theirs. */
  | { kind: 'settled'; save: number; differs: boolean }
  /** A step (review, schedule, return) counted the save up and left the text alone. */
  | { kind: 'stepped'; save: number };
export type Deed = 'wait' | 'send' | 'retry' | null;

export const rested = (save: number): Saving => ({ phase: 'rest', save, again: false, tries: 0 });
/** How long until the next try, in ms: 2 s, doubling to a minute. */
export const patience = (tries: number) => Math.min(60_000, 2000 * 2 ** Math.max(0, tries - 1));
/** Whether closing the window loses what no server has; what is offline is kept in the browser as well. */
export const unsaved = (s: Saving) => s.phase !== 'rest';

export function step(s: Saving, e: Happening): [Saving, Deed] {
  switch (e.kind) {
    case 'typed':
      if (s.phase === 'saving') return [{ ...s, again: true }, null];
      if (s.phase === 'clash') return [s, null];
      if (s.phase === 'offline') return [s, null];
      return [{ ...s, phase: 'typing', tries: 0 }, 'wait'];
    case 'due':
      if (s.phase === 'typing' || s.phase === 'offline' || s.phase === 'refused') return [{ ...s, phase: 'saving', again: false }, 'send'];
      return [s, null];
    case 'saved':
      if (s.phase !== 'saving') return [{ ...s, save: e.save }, null];
      return s.again ? [{ phase: 'typing', save: e.save, again: false, tries: 0 }, 'wait'] : [rested(e.save), null];
    case 'failed':
      if (s.phase !== 'saving') return [s, null];
      if (e.how === 'offline') return [{ ...s, phase: 'offline', again: false, tries: s.tries + 1 }, 'retry'];
      return [{ ...s, phase: e.how, again: false }, null];
    case 'settled':
      return e.differs ? [{ phase: 'saving', save: e.save, again: false, tries: 0 }, 'send'] : [rested(e.save), null];
    case 'stepped':
      return [{ ...s, save: e.save }, null];
  }
}
