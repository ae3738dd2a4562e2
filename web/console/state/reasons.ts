// Why an answer did not leave, in the reader's language. The log keeps the program's own reasons in English; what a mail
// server said stands as it was said.

/** How a reason begins or reads, and its text; a group is what the server said. */
export const reasons: readonly (readonly [RegExp, string])[] = [
  [/^no mailbox is configured/, 'reason.mailbox'],
  [/^the contact has no e-mail address/, 'reason.address'],
  [/ is not an e-mail address$/, 'reason.address.bad'],
  [/^the program ended while it handed the mail over/, 'reason.interrupted'],
  [/^its turn did not come$/, 'reason.turn'],
  [/ wants fewer messages: (.*)$/, 'reason.busy'],
  [/^refused for: (.*)$/, 'reason.cc'],
  [/^The mails of this inbox cannot be signed/, 'reason.unsigned'],
  [/^This inbox has no SMTP server or no address/, 'reason.smtp'],
  [/^The SMTP server refused the user name or the password/, 'reason.smtp.login'],
  [/^The SMTP server does not offer the login or the encryption/, 'reason.smtp.login'],
  [/^The SMTP server does not let this inbox send/, 'reason.smtp.login'],
  [/^The SMTP server's certificate is not trusted/, 'reason.smtp.certificate'],
  [/^The SMTP settings of this inbox are not usable/, 'reason.smtp'],
  [/^the mailbox is full/, 'reason.bounce.mailbox-full'],
  [/^there is no such address/, 'reason.bounce.unknown-address'],
  [/^the mailbox is closed/, 'reason.bounce.closed-mailbox'],
  [/^the mail is too large/, 'reason.bounce.too-large'],
  [/^the mail was taken for spam/, 'reason.bounce.refused-as-spam'],
  [/^no server takes mail for the address/, 'reason.bounce.no-server'],
  [/^the mail was refused/, 'reason.bounce.refused'],
  [/^the mail is delayed/, 'reason.bounce.delayed'],
  [/^the lease ended before it was begun$/, 'reason.lease'],
  [/^told late, after it had been given up: (.*)$/, 'reason.late'],
  [/^told late, after it had been given up$/, 'reason.late'],
  [/^an earlier attempt was taken after all: the mail may arrive twice$/, 'reason.twice'],
  [/^an earlier attempt was taken after all$/, 'reason.taken'],
  [/^given up after \S+: (.*)$/, 'reason.given.up'],
];

/** The reason of a delivery for a person; the words themselves when they are somebody else's. */
export function reasonText(t: (key: string, blanks?: Record<string, string>) => string, reason: string | undefined): string {
  for (const [pattern, key] of reasons) {
    const found = pattern.exec((reason ?? '').replace(/^stopped: /, ''));
    if (found) return t(key, { why: found[1] === undefined ? '' : reasonText(t, found[1]) });
  }
  return reason ?? '';
}

/** Causes that have words of their own: what happened, and with ".do" what can be done. */
const causes = ['outside-window', 'unreachable', 'bad-template', 'bad-file', 'not-open'];
export const knownCause = (cause: string | undefined): string | undefined => causes.find((c) => c === cause);

/** That it did not leave, and why: a known cause in words, otherwise the reason that was given. */
export function outcomeText(t: (key: string, blanks?: Record<string, string>) => string, of: { state: string; reason?: string; cause?: string }): string {
  const cause = of.state === 'unknown' ? undefined : knownCause(of.cause);
  return cause ? t(`msg.${of.state}.cause`, { why: t(`cause.${cause}`) }) : t(`msg.${of.state}`, { why: reasonText(t, of.reason) });
}
