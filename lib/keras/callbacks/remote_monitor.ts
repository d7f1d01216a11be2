/** The values of epochs for a server. */
import { options as resolve } from '../../core/options';
import { Callback, type Logs } from './callback';
import { checkText, warn } from './checks';

export interface RemoteMonitorOptions {
  /** The address of the server. Default 'http://localhost:9000'. */
  root?: string;
  /** Where on the server. Default '/publish/epoch/end/'. */
  path?: string;
  /** The field of the form that has the values as JSON. Default 'data'. */
  field?: string;
  /** Further headers. Default: none. */
  headers?: Readonly<Record<string, string>> | null;
  /** Whether the values are sent as a JSON document in place of a form. Default false. */
  sendAsJson?: boolean;
}

const defaults: Required<RemoteMonitorOptions> = {
  root: 'http://localhost:9000',
  path: '/publish/epoch/end/',
  field: 'data',
  headers: null,
  sendAsJson: false,
};

/** Posts `{ epoch, loss, … }` to a server after each epoch; where that fails there is a warning. @tf tf.keras.callbacks.RemoteMonitor */
export class RemoteMonitor extends Callback {
  private readonly o: Required<RemoteMonitorOptions>;

  constructor(options: RemoteMonitorOptions | string = {}) {
    super();
    this.o = { ...defaults, ...resolve(options, 'root', defaults, 'RemoteMonitor') };
    for (const name of ['root', 'path', 'field'] as const) checkText(this.o[name], name, 'RemoteMonitor');
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const { root, path, field, headers, sendAsJson } = this.o;
    const json = JSON.stringify({ epoch, ...logs });
    const type = sendAsJson ? 'application/json' : 'application/x-www-form-urlencoded';
    const body = sendAsJson ? json : new URLSearchParams({ [field]: json }).toString();
    try {
      const response = await fetch(`${root}${path}`, {
        method: 'POST',
        headers: { 'content-type': type, ...headers },
        body,
      });
      await response.arrayBuffer();
    } catch {
      warn(`Could not reach RemoteMonitor root server at ${root}`);
    }
  }
}
