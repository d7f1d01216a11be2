/**
 * The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded like Python's `random.Random`. After `set_seed`,
 * TensorFlow draws the seeds of random ops from it.
 */
const n = 624;
const m = 397;

export class MersenneTwister {
  private readonly state = new Uint32Array(n);
  private at = n;

  /** Equivalent to Python's `random.Random(seed)`: the key is the 32-bit words of |seed|, lowest first. */
  constructor(seed: bigint) {
    const key: number[] = [];
    for (let rest = seed < 0n ? -seed : seed; rest > 0n; rest >>= 32n) key.push(Number(rest & 0xffffffffn));
    this.seedByArray(key.length === 0 ? [0] : key);
  }

  /** Equivalent to NumPy's `RandomState(seed)`, for a seed of 32 bits. */
  static ofRandomState(seed: number): MersenneTwister {
    const twister = new MersenneTwister(0n);
    twister.seedByWord(seed);
    return twister;
  }

  private seedByWord(word: number): void {
    const s = this.state;
    s[0] = word;
    for (let i = 1; i < n; i++) s[i] = Math.imul(1812433253, s[i - 1] ^ (s[i - 1] >>> 30)) + i;
  }

  private seedByArray(key: readonly number[]): void {
    const s = this.state;
    this.seedByWord(19650218);
    let i = 1;
    let j = 0;
    for (let k = Math.max(n, key.length); k > 0; k--) {
      s[i] = (s[i] ^ Math.imul(s[i - 1] ^ (s[i - 1] >>> 30), 1664525)) + key[j] + j;
      if (++i >= n) {
        s[0] = s[n - 1];
        i = 1;
      }
      if (++j >= key.length) j = 0;
    }
    for (let k = n - 1; k > 0; k--) {
      s[i] = (s[i] ^ Math.imul(s[i - 1] ^ (s[i - 1] >>> 30), 1566083941)) - i;
      if (++i >= n) {
        s[0] = s[n - 1];
        i = 1;
      }
    }
    s[0] = 0x80000000;
  }

  private twist(): void {
    const s = this.state;
    for (let i = 0; i < n; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % n] & 0x7fffffff);
      s[i] = s[(i + m) % n] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  /** 32 random bits. */
  next(): number {
    if (this.at >= n) this.twist();
    let y = this.state[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** An integer from 0 to `most` < 2³², as NumPy's `RandomState.shuffle` draws it: by rejection, of as many bits as `most` has. */
  upTo(most: number): number {
    if (most === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(most);
    for (;;) {
      const value = (this.next() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  /** Python's `randint(0, 2**31 - 1)`: rejection sampling of 32-bit draws, since 2³¹ has 32 bits. */
  seed31(): number {
    let r = this.next();
    while (r >= 2 ** 31) r = this.next();
    return r;
  }
}
