import { expect, it } from 'vitest';
import { autonym, language, ofTranslations, ofVersion } from './languages';

it('languages agree with what they stand beside', () => {
  expect(['pl', 'en', 'uk'].map(autonym)).toEqual(['polski', 'English', 'українська']);
  expect(['en', 'uk', 'de'].map((l) => ofVersion(l, 'pl'))).toEqual(['angielska', 'ukraińska', 'niemiecka']);
  expect(ofTranslations(['en', 'uk'], 'pl')).toBe('angielskie i\u00a0ukraińskie');
  expect(ofTranslations(['pl', 'uk'], 'en')).toBe('Polish and Ukrainian');
  expect([ofVersion('en', 'en'), language('en', 'pl')]).toEqual(['English', 'angielski']);
  expect(language('no language at all', 'pl')).toBe('no language at all');
});
