/** Runs one workload in all libraries: prepares it, checks the results, and times it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { elementsOf } from '../workloads/inputs';
import type { Elements, Workload } from '../workloads/workload';
import type { LibraryProcess } from './library_process';
import { judge, readResult, type Result } from './check';
import { lacking, type Prepared, type TensorFile } from './protocol';
import { showBytes, summary } from '../measure';
import { watchMemory, type Growth } from './memory';
import { timeInRounds, type RoundSettings } from './rounds';
import type { Entry, Row } from './rows';

export interface Participant {
  name: string;
  child: LibraryProcess;
  /** Starts a new process, after the previous one ended or was killed. */
  restart: () => Promise<LibraryProcess>;
  /** It is not listed if it does not implement the kind of workload. */
  variant?: boolean;
}

/** A library is not run if its earlier results predict more than this many seconds per call. */
const maxSeconds = 1.5;
/** The time limit in seconds for preparing a workload and running it once, and for writing its result. */
const longest = 40;

/** The best rate, cost per nanosecond, that each library has reached for each kind of workload. */
export class Rates {
  private readonly rates = new Map<string, number>();

  private key(library: string, workload: Workload): string {
    return `${library}/${workload.kind}/${String(workload.params.f ?? '')}`;
  }

  note(library: string, workload: Workload, ns: number): void {
    // Small workloads measure the overhead of a call, which says nothing about large ones.
    if (workload.cost < 1e6) return;
    const key = this.key(library, workload);
    this.rates.set(key, Math.max(this.rates.get(key) ?? 0, workload.cost / ns));
  }

  /** The predicted seconds of a call; 0 if nothing is known. */
  predict(library: string, workload: Workload): number {
    const rate = this.rates.get(this.key(library, workload));
    return rate === undefined ? 0 : workload.cost / rate / 1e9;
  }
}

function writeInputs(workload: Workload, folder: string): { files: TensorFile[]; data: Elements[] } {
  const data = elementsOf(workload);
  const files = workload.inputs.map(({ shape, dtype = 'float32' }, i) => {
    const file = path.join(folder, `input${i}`);
    fs.writeFileSync(file, data[i]);
    return { file, shape, dtype };
  });
  return { files, data };
}

/** The number of processes whose memory is measured: those of one library differ by some megabytes. */
const processes = 3;

/** Restarts a library's process; returns a function that reports its peak growth. */
async function restarted(participant: Participant): Promise<() => Growth> {
  participant.child.end();
  participant.child = await participant.restart();
  return watchMemory(participant.child.pid!);
}

async function grownBy(child: LibraryProcess, growth: () => Growth): Promise<Growth> {
  await child.ask({ do: 'time', calls: 20 }, longest);
  return growth();
}

export async function runWorkload(
  workload: Workload,
  participants: readonly Participant[],
  settings: RoundSettings,
  rates: Rates,
  temp: string,
): Promise<Row> {
  const folder = fs.mkdtempSync(path.join(temp, 'workload-'));
  const { files, data } = writeInputs(workload, folder);
  const expected = workload.reference?.(data) ?? null;
  const entries: Entry[] = [];
  const ready: { entry: Entry; child: LibraryProcess }[] = [];
  let first: Result[] | null = null;
  for (const participant of participants) {
    const { name } = participant;
    const entry: Entry = { library: name };
    entries.push(entry);
    const seconds = rates.predict(name, workload);
    if (seconds > maxSeconds) {
      entry.reason = `too slow: about ${seconds.toPrecision(2)} s a call`;
      continue;
    }
    try {
      if (!participant.child.alive) participant.child = await participant.restart();
      const { kind, params } = workload;
      const grown: Growth[] = [];
      let prepared: Prepared;
      do {
        const growth = workload.quantity === 'memory' ? await restarted(participant) : null;
        prepared = await participant.child.ask({ do: 'prepare', kind, params, inputs: files }, longest);
        if (growth === null || prepared.reason !== undefined) break;
        // Before the result is requested, for which some libraries prepare the workload again.
        grown.push(await grownBy(participant.child, growth));
      } while (grown.length < processes);
      const { child } = participant;
      Object.assign(entry, { note: prepared.note, compiled: prepared.compiled, reason: prepared.reason });
      if (prepared.reason === lacking && participant.variant === true) entries.pop();
      if (prepared.reason !== undefined) continue;
      const into = path.join(folder, String(entries.length));
      fs.mkdirSync(into);
      const results = (await child.ask({ do: 'result', folder: into }, longest)).outputs.map(readResult);
      fs.rmSync(into, { recursive: true });
      const wrong = judge(workload, expected, results, first);
      if (wrong !== null) {
        entry.reason = `wrong result: ${wrong}`;
        continue;
      }
      first ??= results;
      if (grown.length > 0) {
        entry.timing = { ...summary(grown.map((g) => g.grown)), unit: 'bytes' };
        const whole = summary(grown.map((g) => g.whole)).median;
        entry.note = [entry.note, `${showBytes(whole)} with the library`].filter(Boolean).join(', ');
        continue;
      }
      ready.push({ entry, child });
    } catch (error) {
      entry.reason = (error as Error).message;
      // So that the library is not waited for a second time.
      if (!participant.child.alive) rates.note(name, workload, longest * 1e9);
    }
  }
  fs.rmSync(folder, { recursive: true });
  const timings = await timeInRounds(
    ready.map(({ child }) => ({ time: async (calls) => (await child.ask({ do: 'time', calls })).ns })),
    { ...settings, warmUp: workload.warmUp ?? settings.warmUp },
  );
  for (const [i, { entry }] of ready.entries()) {
    const timing = timings[i];
    if (timing instanceof Error) entry.reason = timing.message;
    else {
      entry.timing = timing;
      rates.note(entry.library, workload, timing.median);
    }
  }
  return { workload: workload.name, kind: workload.kind, target: workload.target, entries };
}
