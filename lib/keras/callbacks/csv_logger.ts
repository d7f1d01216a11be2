/** The values of epochs in a CSV file. */
import * as fs from 'node:fs';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { floatText } from '../base/python_text';
import { Callback, type Logs } from './callback';
import { checkText } from './checks';

export interface CSVLoggerOptions {
  /** Between values. Default ','. */
  separator?: string;
  /** Whether lines are added to a file that exists. Default false: it is replaced. */
  append?: boolean;
}

const defaults: Required<CSVLoggerOptions> = { separator: ',', append: false };

/**
 * Writes a line with the values of each epoch to a CSV file; in epochs without a validation, values of validation are `NA`.
 * @tf tf.keras.callbacks.CSVLogger
 */
export class CSVLogger extends Callback {
  readonly filename: string;
  private readonly separator: string;
  private readonly append: boolean;
  private keys: string[] | null = null;
  private needsHeader = true;

  constructor(filename: string, options: CSVLoggerOptions | string = {}) {
    super();
    this.filename = checkText(filename, 'filename', 'CSVLogger');
    const o = resolve(options, 'separator', defaults, 'CSVLogger');
    this.separator = checkText(o.separator, 'separator', 'CSVLogger');
    this.append = o.append;
  }

  override onTrainBegin(): void {
    this.keys = null;
    this.needsHeader = !this.append || !(fs.existsSync(this.filename) && fs.statSync(this.filename).size > 0);
    try {
      fs.writeFileSync(this.filename, '', { flag: this.append ? 'a' : 'w' });
    } catch (error) {
      throw new InvalidArgumentError(
        `[CSVLogger] \`filename\` must be a file that can be written, in a folder that exists: ${(error as Error).message}`,
      );
    }
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    if (this.keys === null) {
      const keys = Object.keys(logs).sort();
      const hasValidation = keys.some((key) => key.startsWith('val_'));
      this.keys = hasValidation ? keys : [...keys, ...keys.map((key) => `val_${key}`)];
      if (this.needsHeader) this.write(['epoch', ...this.keys]);
      this.needsHeader = false;
    }
    const values = this.keys.map((key) => (key in logs ? floatText(logs[key]) : 'NA'));
    this.write([`${epoch}`, ...values]);
  }

  private write(values: readonly string[]): void {
    const special = (text: string): boolean => text.includes(this.separator) || /["\r\n]/.test(text);
    const quoted = values.map((text) => (special(text) ? `"${text.replaceAll('"', '""')}"` : text));
    fs.appendFileSync(this.filename, `${quoted.join(this.separator)}\r\n`);
  }
}
