// Texts for people. A words/ folder holds pl.json and en.json (check-words.mjs keeps them alike); a value is a
// text with {placeholders}, or its plural forms by Intl.PluralRules category, chosen by the placeholder n.

export type Locale = 'pl' | 'en';
export type Text = string | { one?: string; few?: string; many?: string; other?: string };
export type Words = Record<string, Text>;
export type Blanks = Record<string, string | number>;

/** Gives the text of a key in the language of words. Numbers are written in that language's way. */
export type Translate<K extends string = string> = (key: K, blanks?: Blanks) => string;

/** The language of the two that fits a BCP 47 tag best: Polish for pl and for nothing, else English. */
export function pickLocale(tag: string | null | undefined): Locale {
  return !tag || /^pl\b/i.test(tag) ? 'pl' : 'en';
}

/** A translator over one language; Polish one-letter words stay with the next word. An unknown key gives the key itself, so that it is seen and reported. */
export function translator<K extends string>(words: Record<K, Text>, locale: Locale): Translate<K> {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  return (key, blanks = {}) => {
    const found: Text | undefined = words[key];
    if (found === undefined) return key;
    const plain = typeof found === 'string' ? found : formOf(found, plural.select(Number(blanks.n ?? 0)));
    const text = locale === 'pl' ? plain.replace(/(?<=^|[\s„(])([aiouwz]) /gi, '$1\u00a0') : plain;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = blanks[name];
      if (value === undefined) return whole;
      return typeof value === 'number' ? number.format(value) : value;
    });
  };
}

function formOf(forms: Exclude<Text, string>, category: Intl.LDMLPluralRule): string {
  return forms[category as keyof typeof forms] ?? forms.other ?? forms.many ?? forms.one ?? '';
}
