/** Hashes of bytes: FarmHash's Fingerprint64, SipHash-2-4 with a key, and the combination of two fingerprints. */

const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);

const k0 = 0xc3a5c85c97cb3127n;
const k1 = 0xb492b66fbe98f273n;
const k2 = 0x9ae16a3b2f90404fn;

const fetch64 = (s: Buffer, at: number): bigint => s.readBigUInt64LE(at);
const fetch32 = (s: Buffer, at: number): bigint => BigInt(s.readUInt32LE(at));
const rotateRight = (x: bigint, n: bigint): bigint => (x >> n) | u64(x << (64n - n));
const rotateLeft = (x: bigint, n: bigint): bigint => rotateRight(x, 64n - n);
const shiftMix = (x: bigint): bigint => x ^ (x >> 47n);

function hashLength16(u: bigint, v: bigint, mul: bigint): bigint {
  const a = shiftMix(u64((u ^ v) * mul));
  return u64(shiftMix(u64((v ^ a) * mul)) * mul);
}

function upTo16(s: Buffer, n: number): bigint {
  const length = BigInt(n);
  const mul = u64(k2 + length * 2n);
  if (n >= 8) {
    const a = u64(fetch64(s, 0) + k2);
    const b = fetch64(s, n - 8);
    const c = u64(rotateRight(b, 37n) * mul + a);
    const d = u64(u64(rotateRight(a, 25n) + b) * mul);
    return hashLength16(c, d, mul);
  }
  if (n >= 4) return hashLength16(length + (fetch32(s, 0) << 3n), fetch32(s, n - 4), mul);
  if (n === 0) return k2;
  const y = BigInt(s[0] + (s[n >> 1] << 8));
  const z = BigInt(n + (s[n - 1] << 2));
  return u64(shiftMix(u64(y * k2) ^ u64(z * k0)) * k2);
}

function upTo32(s: Buffer, n: number): bigint {
  const mul = u64(k2 + BigInt(n) * 2n);
  const a = u64(fetch64(s, 0) * k1);
  const b = fetch64(s, 8);
  const c = u64(fetch64(s, n - 8) * mul);
  const d = u64(fetch64(s, n - 16) * k2);
  const u = u64(rotateRight(u64(a + b), 43n) + rotateRight(c, 30n) + d);
  return hashLength16(u, u64(a + rotateRight(u64(b + k2), 18n) + c), mul);
}

function upTo64(s: Buffer, n: number): bigint {
  const mul = u64(k2 + BigInt(n) * 2n);
  const a = u64(fetch64(s, 0) * k2);
  const b = fetch64(s, 8);
  const c = u64(fetch64(s, n - 8) * mul);
  const d = u64(fetch64(s, n - 16) * k2);
  const y = u64(rotateRight(u64(a + b), 43n) + rotateRight(c, 30n) + d);
  const z = hashLength16(y, u64(a + rotateRight(u64(b + k2), 18n) + c), mul);
  const e = u64(fetch64(s, 16) * mul);
  const f = fetch64(s, 24);
  const g = u64((y + fetch64(s, n - 32)) * mul);
  const h = u64((z + fetch64(s, n - 24)) * mul);
  const u = u64(rotateRight(u64(e + f), 43n) + rotateRight(g, 30n) + h);
  return hashLength16(u, u64(e + rotateRight(u64(f + a), 18n) + g), mul);
}

type Pair = readonly [bigint, bigint];

/** 32 bytes from `at`, mixed with two seeds. */
function weakHash32(s: Buffer, at: number, seedA: bigint, seedB: bigint): Pair {
  const z = fetch64(s, at + 24);
  const a = u64(seedA + fetch64(s, at));
  const b = rotateRight(u64(seedB + a + z), 21n);
  const sum = u64(a + fetch64(s, at + 8) + fetch64(s, at + 16));
  return [u64(sum + z), u64(b + rotateRight(sum, 44n) + a)];
}

/** The state of the loop over blocks of 64 bytes. */
interface State {
  x: bigint;
  y: bigint;
  z: bigint;
  v: Pair;
  w: Pair;
}

/** One block from `at`. Constants differ for the last one. */
function mixBlock(s: Buffer, at: number, state: State, mul: bigint, last: boolean): State {
  const { v, w } = state;
  const factor = last ? 9n : 1n;
  let x = u64(rotateRight(u64(state.x + state.y + v[0] + fetch64(s, at + 8)), 37n) * mul);
  let y = u64(rotateRight(u64(state.y + v[1] + fetch64(s, at + 48)), 42n) * mul);
  x ^= u64(w[1] * factor);
  y = u64(y + v[0] * factor + fetch64(s, at + 40));
  const z = u64(rotateRight(u64(state.z + w[0]), 33n) * mul);
  const nextV = weakHash32(s, at, u64(v[1] * mul), u64(x + w[0]));
  const nextW = weakHash32(s, at + 32, u64(z + w[1]), u64(y + fetch64(s, at + 16)));
  return { x: z, y, z: x, v: nextV, w: nextW };
}

/** FarmHash's Fingerprint64: the same on every platform and in every version. */
export function fingerprint64(s: Buffer): bigint {
  const n = s.length;
  if (n <= 16) return upTo16(s, n);
  if (n <= 32) return upTo32(s, n);
  if (n <= 64) return upTo64(s, n);
  const seed = 81n;
  const y = u64(seed * k1 + 113n);
  let state: State = {
    x: u64(seed * k2 + fetch64(s, 0)),
    y,
    z: u64(shiftMix(u64(y * k2 + 113n)) * k2),
    v: [0n, 0n],
    w: [0n, 0n],
  };
  const end = ((n - 1) >> 6) * 64;
  const rest = (n - 1) & 63;
  for (let at = 0; at < end; at += 64) state = mixBlock(s, at, state, k1, false);
  const mul = u64(k1 + ((state.z & 0xffn) << 1n));
  const w0 = u64(state.w[0] + BigInt(rest));
  const v0 = u64(state.v[0] + w0);
  state = { ...state, v: [v0, state.v[1]], w: [u64(w0 + v0), state.w[1]] };
  const { x, y: lastY, z, v, w } = mixBlock(s, end + rest - 63, state, mul, true);
  const first = u64(hashLength16(v[0], w[0], mul) + shiftMix(lastY) * k0 + z);
  return hashLength16(first, u64(hashLength16(v[1], w[1], mul) + x), mul);
}

/** SipHash-2-4 with a key of two 64-bit integers. */
export function sipHash(key: readonly [bigint, bigint], s: Buffer): bigint {
  const [a, b] = key.map(u64);
  let v0 = a ^ 0x736f6d6570736575n;
  let v1 = b ^ 0x646f72616e646f6dn;
  let v2 = a ^ 0x6c7967656e657261n;
  let v3 = b ^ 0x7465646279746573n;
  const round = (): void => {
    v0 = u64(v0 + v1);
    v2 = u64(v2 + v3);
    v1 = rotateLeft(v1, 13n) ^ v0;
    v3 = rotateLeft(v3, 16n) ^ v2;
    v0 = rotateLeft(v0, 32n);
    v2 = u64(v2 + v1);
    v0 = u64(v0 + v3);
    v1 = rotateLeft(v1, 17n) ^ v2;
    v3 = rotateLeft(v3, 21n) ^ v0;
    v2 = rotateLeft(v2, 32n);
  };
  const whole = s.length & ~7;
  const last = Buffer.alloc(8);
  s.copy(last, 0, whole);
  last[7] = s.length & 0xff;
  for (let at = 0; at <= whole; at += 8) {
    const m = at < whole ? fetch64(s, at) : fetch64(last, 0);
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

/** One fingerprint of two, in which their order matters. */
export function joinFingerprints(a: bigint, b: bigint): bigint {
  const mul = 0xc6a4a7935bd1e995n;
  const mixed = u64((u64(a) ^ mul ^ u64(shiftMix(u64(u64(b) * mul)) * mul)) * mul);
  return shiftMix(u64(shiftMix(mixed) * mul));
}
