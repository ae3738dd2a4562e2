// UUIDv7 (RFC 9562, 5.7): the time first, so that keys of one client append to the server's index.

let last = 0;
let count = 0;

/** A new idempotency key. Keys made by one page sort in the order they were made, also within a millisecond. */
export function newKey(now: number = Date.now()): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  count = now > last ? (b[7] ?? 0) : count + 1; // a counter in rand_a, RFC 9562, 6.2, method 1
  if (count > 0xfff) {
    count = 0;
    last += 1;
  }
  last = Math.max(last, now);
  let ms = last;
  for (let i = 5; i >= 0; i--) {
    b[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  b[6] = 0x70 | (count >> 8);
  b[7] = count & 0xff;
  b[8] = 0x80 | ((b[8] ?? 0) & 0x3f);
  const hex = [...b].map((n) => n.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
