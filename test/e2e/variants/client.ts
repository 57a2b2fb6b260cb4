import { type ClientName, clientRules, openSession } from '../../support/cri-clients.ts';

// A client of one release line, as a process of its own: `client.ts SOCKET NAME`.

const [socket = '', name = ''] = process.argv.slice(2);
const isName = (text: string): text is ClientName => text in clientRules;
if (!isName(name)) throw new RangeError(`no client ${name}`);
process.title = name.startsWith('kubelet') ? 'kubelet' : 'crictl';
const session = openSession(socket, () => Promise.resolve());
await clientRules[name](session);
session.close();
