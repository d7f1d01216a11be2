/** Metrics in the text format of Prometheus. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BatcherStats } from 'gradtape/serving';

/** Upper bounds of the buckets, in seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1];

export class Metrics {
  private readonly delay = monitorEventLoopDelay({ resolution: 5 });
  private readonly byStatus = new Map<number, number>();
  private readonly buckets = bounds.map(() => 0);
  private seconds = 0;
  private count = 0;

  constructor() {
    this.delay.enable();
  }

  record(status: number, seconds: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    this.seconds += seconds;
    this.count++;
    const at = bounds.findIndex((bound) => seconds <= bound);
    if (at >= 0) this.buckets[at]++;
  }

  text(stats: BatcherStats, version: number): string {
    const lines: string[] = [];
    const add = (name: string, type: string, help: string, ...rows: [string, number][]): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [suffix, value] of rows) lines.push(`${name}${suffix} ${value}`);
    };
    const statuses = [...this.byStatus].map(([code, n]): [string, number] => [`{status="${code}"}`, n]);
    add('http_requests_total', 'counter', 'Answers by status.', ...statuses);
    let sum = 0;
    const rows = bounds.map((bound, i): [string, number] => [
      `_bucket{le="${bound}"}`,
      (sum += this.buckets[i]),
    ]);
    rows.push(['_bucket{le="+Inf"}', this.count], ['_sum', this.seconds], ['_count', this.count]);
    add('http_request_duration_seconds', 'histogram', 'From the request to the answer.', ...rows);
    for (const name of ['queued', 'running'] as const)
      add(`batcher_${name}`, 'gauge', `Batcher: ${name}.`, ['', stats[name]]);
    for (const name of ['requests', 'refused', 'failed', 'aborted', 'batches', 'rows', 'padding'] as const)
      add(`batcher_${name}_total`, 'counter', `Batcher: ${name}.`, ['', stats[name]]);
    add('model_version', 'gauge', 'How many times a model was loaded.', ['', version]);
    add(
      'event_loop_delay_seconds',
      'gauge',
      'Delay of the event loop since the last scrape, by quantile.',
      ['{quantile="0.5"}', this.delay.percentile(50) / 1e9],
      ['{quantile="0.99"}', this.delay.percentile(99) / 1e9],
    );
    this.delay.reset();
    add('process_resident_memory_bytes', 'gauge', 'Resident memory.', ['', process.memoryUsage.rss()]);
    return `${lines.join('\n')}\n`;
  }
}
