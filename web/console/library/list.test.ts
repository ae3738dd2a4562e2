import { describe, expect, it } from 'vitest';
import type { Row } from './api';
import { badgeOf, countState, daysLate, figureOf, fold, groupsOf, inState, keeps, languages, slugOf, standings, toldOf, topicsOf } from './list';

const row = (id: string, more: Partial<Row> = {}): Row => ({
  id, topic: id, locale: 'pl', slug: id, title: id, summary: '', section: 'Zwroty', sides: ['buyer'], tags: [], url: `/help/pl/${id}`, updated_at: '2026-11-01T10:00:00Z', version: 1, numbers: 1, draft: '', ...more,
});
const blik = row('a1', { title: 'Kiedy wrócą pieniądze za BLIK', tags: ['hajs'], version: 7, numbers: 7, draft: 'writing' });
const blikEn = row('a2', { topic: 'a1', locale: 'en', title: 'BLIK refunds', version: 3, numbers: 3, stale: '2026-11-12T10:00:00Z' });
const card = row('a3', { title: 'Zwrot na kartę', version: 0, numbers: 0, draft: 'writing' });
const gone = row('a4', { title: 'Łódź', version: 0, numbers: 2, draft: 'writing', section: 'Dostawa' });
const rows = [blikEn, blik, card, gone];

describe('the list of articles', () => {
  it('shows a topic once, in the language of the reader, with the section of its original', () => {
    expect(topicsOf(rows, 'en').map((t) => [t.row.id, t.section])).toEqual([['a2', 'Zwroty'], ['a3', 'Zwroty'], ['a4', 'Dostawa']]);
    expect(topicsOf(rows, 'pl')[0]?.row.id).toBe('a1');
    expect(topicsOf([blikEn], 'pl')[0]?.row.id, 'the original is not in this list').toBe('a2');
  });
  it('tells how each language stands', () => {
    const [blikTopic, cardTopic] = topicsOf(rows, 'pl');
    expect(standings(blikTopic!, ['pl', 'en', 'uk']).map((s) => [s.badge, s.pending])).toEqual([['current', true], ['old', false], ['missing', false]]);
    expect(standings(cardTopic!, ['pl', 'en']).map((s) => s.badge)).toEqual(['draft', 'missing']);
    expect(badgeOf(gone)).toBe('withdrawn');
    expect(languages([row('x', { locale: 'uk' }), row('y', { locale: 'de' }), row('z', { locale: 'uk' })], ['pl', 'en'])).toEqual(['pl', 'en', 'uk', 'de']);
  });
  it('counts what is being written apart from what was withdrawn', () => {
    expect(countState(rows)).toEqual({ writing: 2, review: 0, scheduled: 0, withdrawn: 1 });
    expect(inState(row('r', { draft: 'review' }), 'review')).toBe(true);
  });
  it('keeps what has all the words, in any of its languages, without diacritics', () => {
    const kept = (words: string, filter: Parameters<typeof keeps>[1]['filter'] = 'all', found: string[] = []) => topicsOf(rows, 'pl').filter((t) => keeps(t, { words, filter, found: new Set(found) })).map((t) => t.id);
    expect(kept('pieniadze blik')).toEqual(['a1']);
    expect(kept('refunds')).toEqual(['a1']);
    expect(kept('HAJS')).toEqual(['a1']);
    expect(kept('lodz')).toEqual(['a4']);
    expect(kept('weekend')).toEqual([]);
    expect(kept('weekend', 'all', ['a2']), 'its text has it').toEqual(['a1']);
    expect(kept('', 'stale')).toEqual(['a1']);
    expect(kept('', 'withdrawn')).toEqual(['a4']);
    expect(kept('zwrot', 'stale')).toEqual(['a1']);
  });
  it('groups by section, in the order of the shelves', () => {
    const groups = (locale: string) => groupsOf(topicsOf([...rows, row('a5', { section: '' })], 'pl'), [{ kind: 'section', key: 'Zwroty', names: { en: 'Refunds' }, position: 1 }], locale);
    expect(groups('en').map((g) => [g.name, g.topics.length])).toEqual([['Refunds', 2], ['Dostawa', 1], ['', 1]]);
  });
  it('tells a share only of enough people', () => {
    expect(figureOf({ told: 1640, solved: 1345 })).toEqual({ share: 82, n: 1640 });
    expect(figureOf({ told: 12, solved: 12 })).toEqual({ n: 12 });
    const [topic] = topicsOf(rows, 'pl');
    expect(toldOf(topic!, new Map([['a1', { told: 30, solved: 20 }], ['a2', { told: 10, solved: 5 }], ['a3', { told: 9, solved: 9 }]]))).toEqual({ told: 40, solved: 25 });
    expect([figureOf({ told: 0, solved: 0 }), figureOf(undefined)]).toEqual([null, null]);
  });
  it('makes addresses as the server does', () => {
    expect(slugOf('Żółć i Łódź: co dalej?')).toBe('zolc-i-lodz-co-dalej');
    expect(fold('Straße')).toBe('strasse');
    expect(slugOf('„…”')).toBe('');
    expect(daysLate('2026-11-03T10:00:00Z', Date.parse('2026-11-19T11:00:00Z'))).toBe(16);
  });
});
