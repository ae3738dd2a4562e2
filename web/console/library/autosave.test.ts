import { describe, expect, it } from 'vitest';
import { patience, rested, step, unsaved, type Deed, type Happening, type Saving } from './autosave';

function play(events: Happening[], from: Saving = rested(1)): { state: Saving; deeds: Deed[] } {
  let state = from;
  const deeds: Deed[] = [];
  for (const e of events) {
    const [next, deed] = step(state, e);
    state = next;
    deeds.push(deed);
  }
  return { state, deeds };
}
const typed: Happening = { kind: 'typed' };
const due: Happening = { kind: 'due' };
const saved = (save: number): Happening => ({ kind: 'saved', save });
const failed = (how: 'offline' | 'clash' | 'refused'): Happening => ({ kind: 'failed', how });

describe('saving', () => {
  it('waits for a rest, sends once and is at rest with the new count', () => {
    const { state, deeds } = play([typed, typed, due, due, saved(2)]);
    expect(deeds).toEqual(['wait', 'wait', 'send', null, null]);
    expect(state).toEqual(rested(2));
    expect(unsaved(state)).toBe(false);
  });
  it('sends again what was typed meanwhile, under the count of the answer', () => {
    const { state, deeds } = play([typed, due, typed, saved(2)]);
    expect(deeds.at(-1)).toBe('wait');
    expect(state).toMatchObject({ phase: 'typing', save: 2 });
  });
  it('tries an unreachable server again, longer each time, and forgets that with the first success', () => {
    const { state, deeds } = play([typed, due, failed('offline'), typed, due, failed('offline')]);
    expect(state).toMatchObject({ phase: 'offline', tries: 2, save: 1 });
    expect(deeds).toEqual(['wait', 'send', 'retry', null, 'send', 'retry']);
    expect([1, 2, 3, 20].map(patience)).toEqual([2000, 4000, 8000, 60_000]);
    expect(play([due, saved(2)], state).state).toEqual(rested(2));
  });
  it('sends nothing over somebody else’s words until both were read', () => {
    const { state, deeds } = play([typed, due, failed('clash'), typed, due]);
    expect(state.phase).toBe('clash');
    expect(deeds.slice(3)).toEqual([null, null]);
    expect(play([{ kind: 'settled', save: 9, differs: true }], state)).toEqual({ state: { phase: 'saving', save: 9, again: false, tries: 0 }, deeds: ['send'] });
    expect(play([{ kind: 'settled', save: 9, differs: false }], state)).toEqual({ state: rested(9), deeds: [null] });
  });
  it('after a refusal goes on when something is typed or somebody presses save', () => {
    const { state } = play([typed, due, failed('refused')]);
    expect(step(state, due)[1]).toBe('send');
    expect(step(state, typed)).toEqual([{ phase: 'typing', save: 1, again: false, tries: 0 }, 'wait']);
  });
  it('counts a step that left the text alone, whatever it is at', () => {
    expect(step(rested(3), { kind: 'stepped', save: 4 })[0]).toEqual(rested(4));
    expect(play([typed, { kind: 'stepped', save: 4 }, due]).state).toMatchObject({ phase: 'saving', save: 4 });
  });
  it('does not care about answers that come too late', () => {
    expect(play([saved(5)]).state).toEqual(rested(5));
    expect(play([failed('clash')]).state).toEqual(rested(1));
  });
});
