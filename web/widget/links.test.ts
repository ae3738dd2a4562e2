import { expect, it } from 'vitest';
import { withLinks } from './links';

it('what is a web address in a text is a link, and nothing else is', () => {
  expect(withLinks('Zwrot: https://pomoc.example/help/pl/zwrot#a „i” javascript:alert(1) <http://x.pl>')).toEqual([
    { text: 'Zwrot: ' },
    { text: 'https://pomoc.example/help/pl/zwrot#a', href: 'https://pomoc.example/help/pl/zwrot#a' },
    { text: ' „i” javascript:alert(1) <' },
    { text: 'http://x.pl', href: 'http://x.pl' },
    { text: '>' },
  ]);
  expect(withLinks('')).toEqual([]);
});
