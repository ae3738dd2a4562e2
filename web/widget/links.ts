/** A text in pieces: what is a web address in it is a link. */
export function withLinks(text: string): { text: string; href?: string }[] {
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .filter((p) => p !== '')
    .map((p) => (/^https?:\/\//.test(p) ? { text: p, href: p } : { text: p }));
}
