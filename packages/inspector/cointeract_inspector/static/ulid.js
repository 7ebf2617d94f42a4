// @ts-check
/** ULIDs: 48 bits of time and 80 random bits in Crockford's base 32, so that ids sort by when they were made. */

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

let last = { time: 0, random: new Uint8Array(RANDOM_DIGITS) };

/** @param {number} [now] milliseconds since 1970 */
export function ulid(now = Date.now()) {
  const time = Math.max(now, last.time);
  const random = time === last.time ? plusOne(last.random) : crypto.getRandomValues(new Uint8Array(RANDOM_DIGITS)).map((byte) => byte & 31);
  last = { time, random };
  let head = "";
  for (let rest = time, i = 0; i < TIME_DIGITS; i++, rest = Math.floor(rest / 32)) head = DIGITS[rest % 32] + head;
  return head + [...random].map((digit) => DIGITS[digit]).join("");
}

/** Two ids of one millisecond must still sort in order. @param {Uint8Array} digits */
function plusOne(digits) {
  const next = Uint8Array.from(digits);
  for (let i = next.length - 1; i >= 0; i--) {
    next[i] = (next[i] + 1) % 32;
    if (next[i]) break;
  }
  return next;
}
