import { describe, expect, it } from 'vitest';
import { dayDistance, meetingOf, promised, span } from './time';
import { linesOf } from './names';

const now = Date.parse('2026-11-19T10:00:00Z');
const at = (ms: number) => new Date(now + ms).toISOString();
const MIN = 60_000;

describe('the clock of a conversation', () => {
  it('counts seconds under ten minutes and is amber under a third of the promise', () => {
    expect(promised(at(192_000), undefined, 'chat', now)).toMatchObject({ sla: 'soon', text: '3:12' });
    expect(promised(at(9 * MIN), undefined, 'chat', now)).toMatchObject({ sla: 'calm', text: '9:00', left: 0.9 });
  });
  it('gives a mail four hours', () => {
    expect(promised(at(160 * MIN), undefined, 'email', now)).toMatchObject({ sla: 'calm', text: '2 h 40' });
    expect(promised(at(65 * MIN), undefined, 'email', now).sla).toBe('soon');
  });
  it('says by how much it is late', () => {
    expect(promised(at(-12 * MIN), undefined, 'chat', now)).toEqual({ sla: 'late', left: 0, text: '+12 min' });
  });
  it("is paused on the customer's turn and then tells how long ago the last word was", () => {
    expect(promised(null, at(-38 * MIN), 'chat', now)).toMatchObject({ sla: 'paused', text: '38 min' });
    expect(promised(null, undefined, 'chat', now).sla).toBe('none');
  });
});

it('writes spans for people', () => {
  expect([span(59_000), span(24 * MIN), span(65 * MIN), span(120 * MIN), span(50 * 60 * MIN)]).toEqual(['0 min', '24 min', '1 h 05', '2 h', '2 d']);
});

it('knows yesterday by the calendar, not by hours', () => {
  const noon = new Date(2026, 10, 19, 0, 30);
  expect(dayDistance(new Date(2026, 10, 18, 23, 50), noon)).toBe(-1);
  expect(dayDistance(new Date(2026, 10, 19, 23, 50), noon)).toBe(0);
});

it('draws load as lines of one chat each', () => {
  expect(linesOf(16, 24)).toEqual({ taken: 4, all: 6, over: false, free: 2 });
  expect(linesOf(2, 24).taken).toBe(1);
  expect(linesOf(27, 24)).toMatchObject({ taken: 6, over: true, free: 0 });
});

it('a meeting is told in the reader’s zone, whole days without hours', () => {
  expect(meetingOf('2026-11-20', '2026-11-21', 'en')).toBe('Fri, Nov 20, 2026');
  expect(meetingOf('2026-11-20', '2026-11-23', 'en')).toMatch(/Nov 20.*Nov 22/);
  expect(meetingOf('2026-11-20T09:00:00Z', '2026-11-20T10:30:00Z', 'en')).toContain(new Date('2026-11-20T09:00:00Z').getHours() % 12 + ':00');
  expect(meetingOf(undefined, undefined, 'pl')).toBe('');
  expect(meetingOf('nonsense', undefined, 'pl')).toBe('');
});
