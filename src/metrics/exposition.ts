/**
 * prom-client writes one format for each registry, and takes `_total` off the names of counters for good once it has
 * written OpenMetrics. So one registry writes OpenMetrics, and the classic text is made from that, line by line.
 */

export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
export const classicType = 'text/plain; version=0.0.4; charset=utf-8';

/** OpenMetrics asks for bounds as floats ("Considerations: Canonical Numbers"), in both formats so that series stay the same. */
const canonicalBound = (line: string): string => line.replace(/\ble="(\d+)"/, 'le="$1.0"');

export const openMetricsPage = (page: string): string => page.split('\n').map(canonicalBound).join('\n');

/** An exemplar stands behind the value: ` # {labels} value timestamp`. */
const exemplar = /^(\S+_bucket\{.*\} \S+) # \{.*\} \S+ \S+$/;

/** Its samples have the suffix in both formats, its family only in the classic one. */
const counterFamily = /^# (TYPE|HELP) (\S+) /;

export const classicPage = (page: string): string => {
  const lines = page.split('\n').filter((line) => line !== '# EOF');
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []));
  return lines
    .map((line) =>
      canonicalBound(line)
        .replace(exemplar, '$1')
        .replace(counterFamily, (said: string, what: string, family: string) =>
          counters.has(family) ? `# ${what} ${family}_total ` : said,
        ),
    )
    .join('\n');
};

/** Whether the client asks for OpenMetrics, by its `Accept` header (RFC 9110 section 12.5.1). */
export const prefersOpenMetrics = (accept: string | undefined): boolean => {
  let openMetrics = 0;
  let classic = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((one) => one.startsWith('q='))?.slice(2);
    const quality = weight === undefined ? 1 : Number(weight);
    if (!(quality > 0)) continue;
    const versions = parameters.filter((one) => one.startsWith('version='));
    if (type === 'application/openmetrics-text') {
      // 0.0.1 is what older servers ask for; 1.0.0 answers it as well.
      if (versions.every((one) => /^version=(0\.0\.1|1\.0\.0)$/.test(one)))
        openMetrics = Math.max(openMetrics, quality);
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*')
      classic = Math.max(classic, quality);
  }
  return openMetrics > 0 && openMetrics >= classic;
};
