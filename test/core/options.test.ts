import { options } from '../../lib/core/options';

interface Wanted {
  axis: unknown;
  keep: boolean;
  value: unknown;
}
const make = (): Wanted => ({ axis: 0, keep: false, value: null });

describe('options', () => {
  test('what is not given is as the defaults say, however often', () => {
    const defaults = make();
    for (let i = 0; i < 3; i++) {
      expect(options(undefined, 'axis', defaults, 'op')).toBe(defaults);
      for (const axis of [1, 2, -1, 3, 4, 5]) {
        const o = options<Wanted>({ axis, value: undefined }, 'axis', defaults, 'op');
        expect([o.axis, o.keep, o.value]).toEqual([axis, false, null]);
        const bare = options<Wanted>(axis, 'axis', defaults, 'op');
        expect([bare.axis, bare.keep, bare.value]).toEqual([axis, false, null]);
      }
    }
    expect(defaults).toEqual(make());
  });

  test('names in another order, more of them and fewer', () => {
    const defaults = make();
    const read = (given: Partial<Wanted>): unknown[] => {
      const o = options<Wanted>(given, 'axis', defaults, 'op');
      return [o.axis, o.keep, o.value];
    };
    for (let i = 0; i < 2; i++) {
      expect(read({ axis: 1, keep: true })).toEqual([1, true, null]);
      expect(read({ keep: true, axis: 1 })).toEqual([1, true, null]);
      expect(read({ axis: 1 })).toEqual([1, false, null]);
      expect(read({})).toEqual([0, false, null]);
      expect(read({ axis: 1, keep: true, value: 2 })).toEqual([1, true, 2]);
    }
  });

  test('an array that changes later is another one', () => {
    const defaults = make();
    const axis = [1, [2, 3]];
    const read = () => options<Wanted>({ axis }, 'axis', defaults, 'op').axis;
    expect(read()).toEqual([1, [2, 3]]);
    expect(read()).toEqual([1, [2, 3]]);
    (axis[1] as number[])[0] = 5;
    expect(read()).toEqual([1, [5, 3]]);
    axis.push(7);
    expect(read()).toEqual([1, [5, 3], 7]);
    expect(options<Wanted>(axis, 'axis', defaults, 'op').axis).toEqual([1, [5, 3], 7]);
  });

  test('zeros with and without a sign, NaN, and numbers of other kinds are told apart', () => {
    const defaults = make();
    const list = [0, -0, NaN, 0n, '0', false, null];
    for (let i = 0; i < 2; i++) {
      for (const value of list) {
        expect(Object.is(options<Wanted>({ value }, 'axis', defaults, 'op').value, value)).toBe(true);
        expect(Object.is(options<Wanted>(value, 'axis', defaults, 'op').axis, value)).toBe(true);
      }
    }
  });

  test('objects come as they are', () => {
    class Own {
      readonly axis = 1;
    }
    const defaults = make();
    const [a, b] = [new Own(), new Own()];
    options<Wanted>({ axis: 1 }, 'axis', defaults, 'op');
    for (const own of [a, b, a]) {
      expect(options<Wanted>(own, 'axis', defaults, 'op').axis).toBe(own);
      expect(options<Wanted>({ value: own }, 'axis', defaults, 'op').value).toBe(own);
    }
  });

  test('many that differ, then the same again; and an array that contains itself', () => {
    const defaults = make();
    for (let i = 0; i < 200; i++) {
      expect(options<Wanted>({ axis: i }, 'axis', defaults, 'op').axis).toBe(i);
      expect(options<Wanted>({ axis: -1 }, 'axis', defaults, 'op').axis).toBe(-1);
    }
    for (let i = 0; i < 200; i++) expect(options<Wanted>(i % 7, 'axis', defaults, 'op').axis).toBe(i % 7);
    const self: unknown[] = [];
    self.push(self);
    for (let i = 0; i < 2; i++) expect(options<Wanted>(self, 'axis', defaults, 'op').axis).toBe(self);
  });

  test('the bare value is that of the option that comes first', () => {
    const defaults = make();
    for (let i = 0; i < 2; i++) {
      expect(options<Wanted>(1, 'axis', defaults, 'op').axis).toBe(1);
      expect(options<Wanted>(1, 'value', defaults, 'op').value).toBe(1);
      expect(options<Wanted>(1, 'value', defaults, 'op').axis).toBe(0);
    }
  });

  test('a name that does not exist is an error every time, in the name of who asks', () => {
    const defaults = make();
    for (const op of ['one', 'two']) {
      expect(() => options<Wanted>({ axes: 1 }, 'axis', defaults, op)).toThrow(
        `[${op}] has no option 'axes'; it takes axis, keep, value`,
      );
    }
  });
});
