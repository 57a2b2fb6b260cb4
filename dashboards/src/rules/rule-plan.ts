/** A recording rule. Named `level:metric:operations`. */
export interface RecordPlan {
  readonly record: string;
  readonly expr: string;
}

export type Severity = 'info' | 'warning' | 'critical';

/** An alerting rule with its runbook: what it means, where to look, what to do. */
export interface AlertPlan {
  readonly alert: string;
  /** More than one: the same alert at several severities, each with its own windows. */
  readonly cases: readonly AlertCase[];
  /** One sentence. */
  readonly summary: string;
  /** With the labels and the value filled in. */
  readonly description: string;
  readonly means: string;
  readonly look: readonly string[];
  readonly act: readonly string[];
}

export interface AlertCase {
  readonly severity: Severity;
  readonly expr: string;
  readonly for: string;
  /** What tells cases of the same severity apart. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RuleGroupPlan {
  readonly name: string;
  readonly records: readonly RecordPlan[];
  readonly alerts: readonly AlertPlan[];
}
