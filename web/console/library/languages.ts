// Languages by their names.

/** In which an article may be written, beside those that one is written in already. */
export const offered = ['pl', 'en', 'de', 'uk'];

function nameOf(of: string, reader: string): string {
  try {
    return new Intl.DisplayNames(reader, { type: 'language' }).of(of) ?? of;
  } catch {
    return of; // not a tag of any language
  }
}

/** As it calls itself: polski, English, українська. */
export const autonym = (locale: string) => nameOf(locale, locale);
/** In the reader's language: angielski, English. */
export const language = (locale: string, reader: string) => nameOf(locale, reader);
/** With a noun: (wersja) angielska, (the) English (version). */
export const ofVersion = (locale: string, reader: string) => (reader === 'pl' ? nameOf(locale, reader).replace(/(?<=[sc]k)i$/, 'a') : nameOf(locale, reader));
/** With several: (tłumaczenia) angielskie i ukraińskie, (the) English and Ukrainian (translations). */
export const ofTranslations = (locales: readonly string[], reader: string) =>
  new Intl.ListFormat(reader, { type: 'conjunction' }).format(locales.map((l) => (reader === 'pl' ? nameOf(l, reader).replace(/(?<=[sc]ki)$/, 'e') : nameOf(l, reader)))).replace(' i ', ' i\u00a0');
