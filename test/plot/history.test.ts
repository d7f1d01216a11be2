import { historyPlot } from '../../lib/plot';

const history = { loss: [3, 2, 1, 0.5], val_loss: [2.5, 1], accuracy: [0.1, 0.5, 0.7, 0.8] };

test('a history is drawn with its validation', () => {
  const { layer } = historyPlot({ history, epoch: [4, 5, 6, 7] }).toVegaLite() as unknown as {
    layer: { data?: { values: { x: number; y: number }[] } }[];
  };
  const points = layer.map(({ data }) => data?.values.map(({ x, y }) => [x, y]));
  const expected = [
    [5, 3],
    [6, 2],
    [7, 1],
    [8, 0.5],
  ];
  expect(JSON.stringify(points)).toContain(JSON.stringify(expected));
  expect(JSON.stringify(points)).toContain(
    JSON.stringify([
      [6, 2.5],
      [8, 1],
    ]),
  );
});

test('names choose what is drawn', () => {
  const text = JSON.stringify(historyPlot(history, { names: ['accuracy'], title: 'run' }).toVegaLite());
  expect(text).toContain('accuracy');
  expect(text).not.toContain('loss');
  expect(text).toContain('run');
});

test('what is no history is refused', () => {
  expect(() => historyPlot(3 as never)).toThrow(TypeError);
  expect(() => historyPlot({ loss: 'a' } as never)).toThrow(TypeError);
  expect(() => historyPlot(history, { names: ['auc'] })).toThrow("has no 'auc'");
});
