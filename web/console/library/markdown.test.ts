import { describe, expect, it } from 'vitest';
import { enter, indent, link, picture, short, steps, wrap, type Edit, type Place } from './markdown';

/** "a [b] c" with the selection in brackets of its own kind: ‹ and ›; | is a caret. */
function place(s: string): Place {
  if (s.includes('|')) return { text: s.replace('|', ''), start: s.indexOf('|'), end: s.indexOf('|') };
  return { text: s.replace(/[‹›]/g, ''), start: s.indexOf('‹'), end: s.indexOf('›') - 1 };
}
function after(s: string, edit: (p: Place) => Edit | null): string | null {
  const p = place(s);
  const e = edit(p);
  if (!e) return null;
  const text = p.text.slice(0, e.from) + e.insert + p.text.slice(e.to);
  return e.start === e.end ? `${text.slice(0, e.start)}|${text.slice(e.start)}` : `${text.slice(0, e.start)}‹${text.slice(e.start, e.end)}›${text.slice(e.end)}`;
}

describe('the toolbar', () => {
  it('makes words bold and plain again, spaces stay outside', () => {
    const bold = (p: Place) => wrap(p, '**');
    expect(after('numer ‹ZW ›.', bold)).toBe('numer **‹ZW›** .');
    expect(after('numer **‹ZW›**.', bold)).toBe('numer ‹ZW›.');
    expect(after('numer ‹**ZW**›.', bold)).toBe('numer ‹ZW›.');
    expect(after('numer |', bold)).toBe('numer **|**');
  });
  it('makes steps of lines, and lines of steps', () => {
    expect(after('‹Sprawdź\n- Poszukaj›', steps)).toBe('‹1. Sprawdź\n2. Poszukaj›');
    expect(after('‹1. Sprawdź\n2. Poszukaj›', steps)).toBe('‹Sprawdź\nPoszukaj›');
    expect(after('Akapit.\nKrok|', steps)).toBe('Akapit.\n\n1. Krok|');
    expect(after('|', steps)).toBe('1. |');
  });
  it('puts one summary at the top', () => {
    const box = (p: Place) => short(p, 'W\u00a0skrócie', ['Co', 'Ile']);
    expect(after('Tekst|', box)).toBe('## W\u00a0skrócie\n\n| Co | Ile |\n| --- | --- |\n| | |  |\n\nTekst');
    expect(after('## W skrócie\n\n| a | b |\n|', box)).toBeNull();
  });
  it('links words, or an address', () => {
    expect(after('proszę ‹napisz do nas›', (p) => link(p, 'tekst'))).toBe('proszę [napisz do nas](‹https://›)');
    expect(after('zob. ‹/contact›', (p) => link(p, 'tekst'))).toBe('zob. [‹tekst›](/contact)');
    expect(after('|', (p) => link(p, 'tekst'))).toBe('[tekst](‹https://›)');
  });
  it('puts a picture on a line of its own, a name cannot end the brackets', () => {
    expect(after('Akapit.|', (p) => picture(p, 'zrzut [1].png', '/help/files/f/z.png', true))).toBe('Akapit.\n\n![zrzut \\[1\\].png](/help/files/f/z.png)|');
    expect(after('|', (p) => picture(p, 'wzór.pdf', '/f', false))).toBe('[wzór.pdf](/f)|');
  });
});

describe('Enter', () => {
  it('goes on with a list, and ends it at an empty item', () => {
    expect(after('1. Sprawdź|', enter)).toBe('1. Sprawdź\n2. |');
    expect(after('- a|b', enter)).toBe('- a\n- |b');
    expect(after('9) x|', enter)).toBe('9) x\n10) |');
    expect(after('- [x] zrobione|', enter)).toBe('- [x] zrobione\n- [ ] |');
    expect(after('1. Sprawdź\n2. |', enter)).toBe('1. Sprawdź\n|');
    expect(after('- a\n  - |', enter)).toBe('- a\n- |');
  });
  it('is the browser’s own elsewhere', () => {
    expect(after('Akapit.|', enter)).toBeNull();
    expect(after('|1. x', enter)).toBeNull();
    expect(after('1. ‹x›', enter)).toBeNull();
    expect(after('2026. rok|', enter), 'a year at the start of a line is an item, as it is to Markdown').toBe('2026. rok\n2027. |');
  });
});

it('Tab moves items of a list and leaves the field elsewhere', () => {
  expect(after('- a\n- b|', (p) => indent(p, false))).toBe('- a\n  - b|');
  expect(after('- a\n  - b|', (p) => indent(p, true))).toBe('- a\n- b|');
  expect(after('1. a\n‹2. b\n3. c›', (p) => indent(p, false))).toBe('1. a\n   ‹2. b\n   3. c›');
  expect(after('tekst|', (p) => indent(p, false))).toBeNull();
  expect(after('- a|', (p) => indent(p, true))).toBeNull();
});
