// Into how many messages an answer is divided where one message of the channel holds only so much. The server divides
// by the same rules (portion.go); testdata/portions.json holds both to them.

/** How much one message holds. What is missing is no limit. */
export interface Measure {
  /** Characters (code points). */
  text?: number;
  /** Of the text, in UTF-8. */
  bytes?: number;
  /** Characters of a text that may go with a file; without it they go apart. */
  caption?: number;
  /** Each file is a message of its own. */
  apart?: boolean;
}

/** One message of an answer: some of its text, and the files from..to of it. */
export interface Portion {
  text: string;
  from: number;
  to: number;
}

/** What one message of a channel holds; `issue`: of a dispute or claim of the marketplace. */
export function measureOf(channel: string, issue = false): Measure {
  switch (channel) {
    case 'messenger':
      return { text: 2000, apart: true };
    case 'facebook':
      return { text: 8000, apart: true };
    case 'instagram':
      return { bytes: 1000, apart: true };
    case 'whatsapp':
    case 'telegram':
      return { text: 4096, caption: 1024, apart: true };
    case 'allegro':
      return { text: issue ? 20_000 : 2000 };
  }
  return {};
}

/** Divides an answer with a number of files into the messages that leave, at least one. */
export function portions(m: Measure, text: string, files: number): Portion[] {
  const texts = pieces(m, text);
  if (!m.apart) {
    if (texts.length === 0) return [{ text: '', from: 0, to: files }];
    return texts.map((t, n) => ({ text: t, from: n === 0 ? 0 : files, to: files }));
  }
  const [only] = texts;
  if (m.caption && files === 1 && only !== undefined && texts.length === 1 && [...only].length <= m.caption) return [{ text: only, from: 0, to: 1 }];
  const out: Portion[] = texts.map((t) => ({ text: t, from: 0, to: 0 }));
  for (let n = 0; n < files; n++) out.push({ text: '', from: n, to: n + 1 });
  return out.length > 0 ? out : [{ text: '', from: 0, to: 0 }];
}

/** How much of its limit a text takes, and which limit that is; null where there is none. */
export function fullness(m: Measure, text: string): { used: number; limit: number } | null {
  if (m.text) return { used: [...text].length, limit: m.text };
  return m.bytes ? { used: size(text), limit: m.bytes } : null;
}

function pieces(m: Measure, text: string): string[] {
  const out: string[] = [];
  for (let rest = trim(text); rest !== ''; ) {
    let n = fits(m, rest);
    if (n < rest.length) n = cutAt(rest.slice(0, n));
    const piece = trim(rest.slice(0, n));
    if (piece !== '') out.push(piece);
    rest = trim(rest.slice(n));
  }
  return out;
}

/** How much of a text one message holds, at least one character. */
function fits(m: Measure, text: string): number {
  let at = 0;
  let chars = 0;
  let bytes = 0;
  for (const char of text) {
    chars++;
    const more = size(char);
    if (at > 0 && ((m.text && chars > m.text) || (m.bytes && bytes + more > m.bytes))) return at;
    at += char.length;
    bytes += more;
  }
  return text.length;
}

/** Where a text that is too long is best cut, in its second half if at all possible. */
function cutAt(text: string): number {
  const half = Math.floor(size(text) / 2);
  for (const end of ['\n\n', '\n', '. ', '! ', '? ', ' ']) {
    const at = text.lastIndexOf(end);
    if (at >= 0 && size(text.slice(0, at)) > half) return at + end.length;
  }
  return text.length;
}

/** Bytes in UTF-8; half a surrogate pair becomes the replacement character, as it does on the wire. */
function size(text: string): number {
  let n = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    n += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return n;
}

const white = new Set('\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');

/** Without white space around it, as the server counts white space: the language's own trim differs in two characters. */
function trim(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && white.has(text.charAt(from))) from++;
  while (to > from && white.has(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}
