import type { Http2Event } from '../../src/http2/event.ts';
import { fieldText } from './wire.ts';

/** One line per event, as short as can be told apart. */
export const told = (event: Http2Event): string => {
  switch (event.kind) {
    case 'headers':
      return [
        `headers ${event.stream}`,
        ...event.fields.map(fieldText),
        ...(event.complete ? [] : ['...']),
        ...(event.lost === 0 ? [] : [`${event.lost ?? 'some'} lost`]),
        ...(event.endStream ? ['end'] : []),
      ].join(', ');
    case 'data':
      return `data ${event.stream} ${Buffer.from(event.bytes).toString('latin1')}${event.endStream ? ', end' : ''}`;
    case 'data_lost':
      return `data_lost ${event.stream} ${event.length}${event.endStream ? ', end' : ''}`;
    case 'rst_stream':
      return `rst_stream ${event.stream} ${event.errorCode ?? `${event.lost} lost`}`;
    case 'goaway':
      return `goaway ${event.lastStream} ${event.errorCode}`;
    case 'protocol':
      return event.protocol;
    case 'desync':
      return 'desync';
    case 'resync':
      return `resync ${event.lostBytes}`;
  }
};
