/** Training progress: a status line on a terminal, and a chart of the learning curve. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as plot from 'gradtape/plot';

export class Progress {
  private readonly start = performance.now();
  /** The sum of the losses since the last point of the curve. */
  private sum = 0;
  private count = 0;
  readonly training: { x: number[]; loss: number[] } = { x: [], loss: [] };
  readonly test: { x: number[]; loss: number[] } = { x: [], loss: [] };

  /** Replaces the status line. */
  show(text: string): void {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
  }

  /** Prints a permanent line. */
  keep(text: string): void {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    console.log(`${text}  ${this.seconds().toFixed(1)} s`);
  }

  seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  /** Adds the loss of a step; the mean of `each` losses is a point of the curve. */
  step(x: number, loss: number, each: number): void {
    this.sum += loss;
    this.count++;
    if (this.count < each) return;
    this.training.x.push(x);
    this.training.loss.push(this.sum / this.count);
    this.sum = this.count = 0;
  }

  /** Adds a loss on test data. */
  tested(x: number, loss: number): void {
    this.test.x.push(x);
    this.test.loss.push(loss);
  }

  /** Writes learning-curve.svg and .png into `folder`. */
  async draw(title: string, xTitle: string, folder: string): Promise<void> {
    const chart = plot
      .chart({ title, xTitle, yTitle: 'loss', yScale: 'log', width: 640 })
      .line(this.training.x, this.training.loss, { label: 'training', color: 'blue', opacity: 0.7 });
    if (this.test.x.length > 0) chart.line(this.test.x, this.test.loss, { label: 'test', color: 'red' });
    await fs.mkdir(folder, { recursive: true });
    const name = path.join(folder, 'learning-curve');
    for (const type of ['svg', 'png']) await chart.save(`${name}.${type}`);
    console.log(`Learning curve: ${name}.png (and .svg)`);
  }
}
