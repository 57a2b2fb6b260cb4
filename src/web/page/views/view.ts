import type { DatasetJson } from '../../api.ts';
import type { Live } from '../live.ts';
import type { Route } from '../route.ts';

/** What every view is given. */
export interface ViewProps {
  readonly route: Route;
  readonly dataset: DatasetJson;
  readonly live: Live;
  readonly dark: boolean;
}
