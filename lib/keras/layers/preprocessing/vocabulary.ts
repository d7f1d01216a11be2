/** Vocabularies: tokens by their numbers, and how they are learned from data. */
import * as fs from 'node:fs';
import { dtypes, stringType } from '../../../core/dtype';
import { InvalidArgumentError, NotFoundError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { encoded } from '../../../core/strings';
import { toTensor } from '../../../core/convert';
import { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { keysOf, type LookupTable, type TableKey } from '../../../ops/index/table';

/** A token: text, or an integer (a bigint beyond ±2⁵³). */
export type Token = string | number | bigint;

/** A vocabulary: an array or a tensor of tokens, or the path of a file with one in each line. */
export type VocabularyLike = string | readonly Token[] | Tensor | Tensor<'string'>;

/** The token as it stands in tables. */
export const keyOf = (token: Token): TableKey => (typeof token === 'string' ? encoded(token) : BigInt(token));

/** And back. */
export function tokenOf(key: TableKey): Token {
  if (typeof key === 'string') return Buffer.from(key, 'latin1').toString('utf8');
  const n = Number(key);
  return Number.isSafeInteger(n) ? n : key;
}

const isToken = (value: unknown, text: boolean): boolean =>
  text ? typeof value === 'string' : typeof value === 'bigint' || Number.isSafeInteger(value);

/** The tokens of an array or tensor. TypeError for what is none. */
export function tokensOf(given: unknown, text: boolean, layer: string): Token[] {
  const kind = text ? 'strings' : 'integers';
  if (given instanceof Tensor) {
    const x = given;
    if (x.rank !== 1 || (x.dt === stringType) !== text || (!text && x.dt.kind !== 'int'))
      throw new InvalidArgumentError(
        `[${layer}] a vocabulary is a vector of ${kind}; got a tensor of dtype ${x.dtype} and rank ${x.rank}`,
      );
    return keysOf(x).map(tokenOf);
  }
  const list: unknown = ArrayBuffer.isView(given)
    ? Array.from(given as unknown as ArrayLike<unknown>)
    : given;
  if (!Array.isArray(list))
    throw new TypeError(
      `[${layer}] vocabulary must be an array of ${kind}${text ? ', or the path of a file' : ''}; got ${describe(given)}`,
    );
  const bad: unknown = list.find((token) => !isToken(token, text));
  if (bad !== undefined || list.includes(undefined))
    throw new TypeError(`[${layer}] vocabulary must be an array of ${kind}; it has ${describe(bad)}`);
  return list as Token[];
}

/** The lines of a file, each a token. */
export function readVocabulary(file: string, text: boolean, layer: string): Token[] {
  let content: string;
  try {
    content = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new NotFoundError(`[${layer}] Vocabulary file ${file} does not exist, or cannot be read`, {
      cause: error,
    });
  }
  return parseTokens(content, text, `[${layer}] ${file}`);
}

/** The tokens of a text with one in each line; empty lines at its end are none. */
export function parseTokens(content: string, text: boolean, where: string): Token[] {
  const lines = content.split(/\r\n|[\n\r]/);
  while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
  if (text) return lines;
  return lines.map((line) => {
    if (!/^[-+]?\d+$/.test(line.trim()))
      throw new InvalidArgumentError(`${where} has the line ${describe(line)}, which is no integer`);
    return tokenOf(BigInt(line.trim()));
  });
}

/** Elements of data as keys. Text may be in nested arrays. */
export function dataKeys(
  data: unknown,
  text: boolean,
  layer: string,
): { x: Tensor; keys: readonly TableKey[] } {
  const given = toTensor(data, text ? stringType : dtypes.int64, layer, 'data');
  const x = given.dt.kind === 'float' ? cast(given, 'int64') : given;
  if ((x.dt === stringType) !== text)
    throw new InvalidArgumentError(
      `[${layer}] the inputs must be ${text ? 'strings' : 'integers'}; got dtype ${x.dtype}`,
    );
  return { x, keys: keysOf(x) };
}

/** The number of each token; `missing` gives that of others. */
export class VocabularyTable implements LookupTable {
  tokens: readonly TableKey[] = [];
  private numbers = new Map<TableKey, bigint>();

  constructor(
    /** The number of the first token. */
    private readonly start: number,
    /** What takes the place of tokens that have a number of their own, such as the mask; undefined: none. */
    private readonly special: (key: TableKey) => bigint | undefined,
    private readonly missing: (key: TableKey) => bigint,
  ) {}

  set(tokens: readonly TableKey[]): void {
    this.tokens = tokens;
    this.numbers = new Map(tokens.map((token, i) => [token, BigInt(this.start + i)]));
  }

  find(key: TableKey): bigint {
    return this.special(key) ?? this.numbers.get(key) ?? this.missing(key);
  }
}

/** Counts tokens, and the documents that have them. */
export class TokenCounts {
  private readonly counts = new Map<TableKey, number>();
  private readonly documents = new Map<TableKey, number>();
  documentCount = 0;

  /** Adds documents: rows of tokens. */
  add(rows: readonly (readonly TableKey[])[]): void {
    for (const row of rows) {
      for (const key of row) this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
      for (const key of new Set(row)) this.documents.set(key, (this.documents.get(key) ?? 0) + 1);
      this.documentCount++;
    }
  }

  get size(): number {
    return this.counts.size;
  }

  remove(key: TableKey): void {
    this.counts.delete(key);
  }

  clear(): void {
    this.counts.clear();
    this.documents.clear();
    this.documentCount = 0;
  }

  /** The most frequent tokens; among equally frequent ones, the greater comes first. */
  mostFrequent(limit: number): TableKey[] {
    return [...this.counts]
      .sort(([a, n], [b, m]) => m - n || (a < b ? 1 : a > b ? -1 : 0))
      .slice(0, limit)
      .map(([key]) => key);
  }

  /** log(1 + documents / (1 + documents with the token)). */
  inverseDocumentFrequency(key: TableKey): number {
    return Math.log(1 + this.documentCount / (1 + (this.documents.get(key) ?? 0)));
  }
}
