/** What became of spans. After a flush, `offered` is the sum of all others that count spans, but what is still spooled. */
export interface ExportCounters {
  offered: number;
  delivered: number;
  /** Not sampled (`OTEL_TRACES_SAMPLER`). */
  sampledOut: number;
  /** Later revisions of calls whose spans were already handed on; a span cannot be taken back. */
  revised: number;
  /** Taken by the collector's connection, but not kept, by its own word (partial success). */
  rejected: number;
  droppedQueueFull: number;
  droppedSpoolFull: number;
  /** The collector refused the request with a code that is not to be retried. */
  droppedRefused: number;
  /** One span larger than a request may be. */
  droppedTooLarge: number;
  /** Lines of the spool that could not be read back. */
  droppedCorrupt: number;
  /** Still in memory at the end, with no spool to hold them. */
  droppedAtShutdown: number;
  /** Accepted by an agent that was killed before it could write them down; found out at the next start. */
  lostInCrash: number;
  /** From the spool of an earlier run. */
  recovered: number;
  requests: number;
  retries: number;
  spooledSpans: number;
  spoolBytes: number;
  spoolErrors: number;
  /** Bytes cut from segments that ended in the middle of a line. */
  tornBytes: number;
  fileSpans: number;
  fileBytes: number;
  fileRotations: number;
  fileErrors: number;
  fileTornBytes: number;
  /** Spans that the file could not take: its queue was full, or writing failed. */
  fileDropped: number;
  attributesDropped: number;
  attributesCut: number;
  eventsDropped: number;
  linksDropped: number;
}

export const createExportCounters = (): ExportCounters => ({
  offered: 0,
  delivered: 0,
  sampledOut: 0,
  revised: 0,
  rejected: 0,
  droppedQueueFull: 0,
  droppedSpoolFull: 0,
  droppedRefused: 0,
  droppedTooLarge: 0,
  droppedCorrupt: 0,
  droppedAtShutdown: 0,
  lostInCrash: 0,
  recovered: 0,
  requests: 0,
  retries: 0,
  spooledSpans: 0,
  spoolBytes: 0,
  spoolErrors: 0,
  tornBytes: 0,
  fileSpans: 0,
  fileBytes: 0,
  fileRotations: 0,
  fileErrors: 0,
  fileTornBytes: 0,
  fileDropped: 0,
  attributesDropped: 0,
  attributesCut: 0,
  eventsDropped: 0,
  linksDropped: 0,
});
