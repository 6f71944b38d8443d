/** Decimal numbers exactly, as they stand in files: a whole number of tenth parts, hundredth parts, ... */

export interface Decimal {
  /** The number is `mantissa` / 10^`places`. A bigint only beyond 2^53. */
  readonly mantissa: number | bigint;
  readonly places: number;
}

/** The shortest decimal that is this number. Infinity and NaN are none. */
export function decimalOf(value: number): Decimal | undefined {
  if (Number.isSafeInteger(value)) return { mantissa: value, places: 0 };
  return readDecimal(String(value));
}

const plainPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** `12.50`, `-.5`, `1e-3`; undefined for anything else. */
export function readDecimal(text: string): Decimal | undefined {
  return readShort(text) ?? readAny(text);
}

const [zero, nine, point] = [48, 57, 46];

/** Up to fifteen digits with or without a point, as nearly all numbers are; undefined for anything else. */
function readShort(text: string): Decimal | undefined {
  if (text.length > 15) return undefined;
  let mantissa = 0;
  let places = -1;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= zero && code <= nine) {
      mantissa = mantissa * 10 + (code - zero);
      if (places >= 0) places += 1;
    } else if (code === point && places < 0) places = 0;
    else return undefined;
  }
  const digits = places < 0 ? text.length : text.length - 1;
  return digits === 0 ? undefined : { mantissa, places: Math.max(places, 0) };
}

function readAny(text: string): Decimal | undefined {
  const match = plainPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  if (digits === "") return undefined;
  const mantissa = digits.length <= 15 ? Number(digits) : narrow(BigInt(digits));
  const places = fraction.length - Number(exponent);
  return shifted(sign === "-" ? -mantissa : mantissa, places);
}

export function add(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  const [left, right] = [a, b].map(({ mantissa, places: own }) => scaled(mantissa, places - own));
  return { mantissa: narrow(BigInt(left ?? 0) + BigInt(right ?? 0)), places };
}

export function negate({ mantissa, places }: Decimal): Decimal {
  return { mantissa: -mantissa, places };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { mantissa: product(a.mantissa, b.mantissa), places: a.places + b.places };
}

const unitPlaces = 4;

/** In units of 1/10,000, rounded half away from zero; undefined beyond exact arithmetic (2^53 units). */
export function decimalUnits({ mantissa, places }: Decimal): number | undefined {
  const units =
    places <= unitPlaces ? scaled(mantissa, unitPlaces - places) : rounded(mantissa, places - unitPlaces);
  return typeof units === "number" && Number.isSafeInteger(units) ? units : undefined;
}

/** Negative places are zeros at the end. */
function shifted(mantissa: number | bigint, places: number): Decimal {
  return places >= 0 ? { mantissa, places } : { mantissa: scaled(mantissa, -places), places: 0 };
}

function scaled(mantissa: number | bigint, places: number): number | bigint {
  return places === 0 ? mantissa : product(mantissa, places <= 15 ? 10 ** places : 10n ** BigInt(places));
}

function product(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === "number" && typeof b === "number") {
    const fast = a * b;
    if (Number.isSafeInteger(fast)) return fast;
  }
  return narrow(BigInt(a) * BigInt(b));
}

/** Divided by 10^`places`, half away from zero. */
function rounded(mantissa: number | bigint, places: number): number | bigint {
  if (typeof mantissa === "number" && places <= 15) {
    const divisor = 10 ** places;
    const rest = mantissa % divisor;
    // A whole number of divisors: exact.
    const quotient = (mantissa - rest) / divisor;
    return Math.abs(rest) * 2 >= divisor ? quotient + Math.sign(mantissa) : quotient;
  }
  const wide = BigInt(mantissa);
  const divisor = 10n ** BigInt(places);
  const rest = wide % divisor;
  const up = (rest < 0n ? -rest : rest) * 2n >= divisor ? (wide < 0n ? -1n : 1n) : 0n;
  return narrow(wide / divisor + up);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
