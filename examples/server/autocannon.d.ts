/** What the load test uses of autocannon. */
declare module 'autocannon' {
  namespace autocannon {
    interface Options {
      url: string;
      method: 'POST';
      headers: Record<string, string>;
      body: string | Buffer;
      connections: number;
      duration: number;
      overallRate?: number;
    }
    interface Result {
      latency: { p50: number; p97_5: number; p99: number; p99_9: number; max: number };
      requests: { average: number; total: number };
      errors: number;
      timeouts: number;
      non2xx: number;
      '2xx': number;
    }
  }
  function autocannon(options: autocannon.Options): Promise<autocannon.Result>;
  export = autocannon;
}
