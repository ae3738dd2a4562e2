import { expect, test } from 'vitest';
import { endText, filled, firstEmpty, leftText, standing, ways } from './window';

const now = Date.UTC(2026, 10, 29, 9, 0);
const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString();

test('without a window everything may be said', () => {
  expect(standing(undefined, now).passage).toBe('none');
  expect(standing({}, now).passage).toBe('none');
  expect(standing({ until: 'gibberish' }, now).passage).toBe('none');
});

test('free until its end, then a person, then nobody', () => {
  const w = { until: at(3), human_until: at(24 * 6) };
  expect(standing(w, now)).toMatchObject({ passage: 'free', sla: 'calm', left: 3 * 3_600_000 });
  expect(standing(w, now + 3 * 3_600_000 - 1)).toMatchObject({ passage: 'free', sla: 'soon', left: 1 });
  expect(standing(w, now + 3 * 3_600_000)).toMatchObject({ passage: 'human', sla: 'calm' });
  expect(standing(w, now + 144 * 3_600_000)).toMatchObject({ passage: 'shut', left: 0, end: Date.parse(w.human_until) });
});

test('amber from two hours before the end', () => {
  expect(standing({ until: at(2) }, now).sla).toBe('calm');
  expect(standing({ until: at(1.999) }, now).sla).toBe('soon');
});

test.each([
  [0, '0:00'], [59_999, '0:59'], [599_000, '9:59'], [600_000, '10 min'], [3_599_000, '59 min'], [3_600_000, '1 h'], [11_520_000, '3 h 12 min'],
  [86_400_000, '1 d'], [5 * 86_400_000 + 3 * 3_600_000, '5 d 3 h'], [-5, '0:00'],
])('%i ms reads %s', (ms, text) => expect(leftText(ms)).toBe(text));

test('the end is a day, today an hour, of another year with it', () => {
  const end = new Date(2026, 11, 5, 14, 20).getTime();
  expect(endText(end, new Date(2026, 10, 29).getTime(), 'pl')).toBe('5 grudnia');
  expect(endText(end, new Date(2026, 10, 29).getTime(), 'en')).toBe('5 December');
  expect(endText(end, new Date(2026, 11, 5, 8, 0).getTime(), 'pl')).toBe('14:20');
  expect(endText(end, new Date(2027, 0, 5).getTime(), 'pl')).toBe('5 grudnia 2026');
});

test('a template comes before a mail, and a mail needs an address that takes mail', () => {
  expect(ways({ template: true }, { email: 'a@b.example' })).toEqual(['template', 'email']);
  expect(ways({}, { email: 'a@b.example' })).toEqual(['email']);
  expect(ways({}, { email: 'a@b.example', undeliverable: { since: '' } })).toEqual([]);
  expect(ways(undefined, null)).toEqual([]);
});

test('blanks are filled where there is something to fill them with', () => {
  expect(filled('Dzień dobry {{1}}, zwrot {{ 2 }} {{1}}', ['Marto', ' '])).toBe('Dzień dobry Marto, zwrot {{ 2 }} Marto');
  expect(filled('{{1}}', ['{{2}}', 'x'])).toBe('{{2}}');
  expect([firstEmpty(2, ['a', ' ']), firstEmpty(2, ['a', 'b']), firstEmpty(0, [])]).toEqual([2, 0, 0]);
});
