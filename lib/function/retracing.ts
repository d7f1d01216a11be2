/** Tells users whose functions are traced again and again. */

const threshold = 5;
const history = 10;

/** Counts the calls of one function, and warns once. */
export class RetracingWatch {
  /** For each of the last traces, the calls from it to the next one. */
  private perTrace: number[] = [];
  private calls = 0;
  private warned = false;

  constructor(private readonly name: string) {}

  called(traced: boolean): void {
    this.calls++;
    if (!traced) {
      if (this.perTrace.length === 0) this.perTrace.push(0);
      this.perTrace[this.perTrace.length - 1]++;
      return;
    }
    this.perTrace.push(1);
    while (this.perTrace.length > 0 && this.calls - this.perTrace[0] > history)
      this.calls -= this.perTrace.shift() as number;
    if (this.warned || this.perTrace.length < threshold) return;
    this.warned = true;
    process.emitWarning(
      `${this.perTrace.length} out of the last ${this.calls} calls to ${this.name} triggered tf.function retracing. ` +
        `Tracing is expensive and the excessive number of tracings could be due to (1) creating tf.function repeatedly in a ` +
        `loop, (2) passing tensors with different shapes, (3) passing JavaScript values instead of tensors. For (1), please ` +
        `define your tf.function outside of the loop. For (2), tf.function has the option reduceRetracing, and padding ` +
        `helps: each shape is a program of its own. For (3), pass tf.constant(value). See ` +
        `https://www.tensorflow.org/guide/function#controlling_retracing`,
      'RetracingWarning',
    );
  }
}
