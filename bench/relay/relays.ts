import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accepts } from '../agent/critrace.ts';
import { start, waitFor } from '../processes.ts';
import type { BenchContext } from '../section.ts';

const ready = (socket: string): Promise<void> => waitFor(`${socket} is there`, () => accepts(socket));

/** Copies bytes and knows nothing of them: a process for each connection. */
export const startSocat = async (context: BenchContext, runtime: string): Promise<string> => {
  const socket = join(context.folder, 'socat.sock');
  context.owns(await start(['socat', `UNIX-LISTEN:${socket},fork`, `UNIX-CONNECT:${runtime}`]));
  await ready(socket);
  return socket;
};

const nginxConfig = (folder: string, socket: string, runtime: string): string => `
user root;
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy;
  fastcgi_temp_path ${folder}/nginx-fastcgi;
  uwsgi_temp_path ${folder}/nginx-uwsgi;
  scgi_temp_path ${folder}/nginx-scgi;
  upstream runtime { server unix:${runtime}; keepalive 16; keepalive_requests 100000000; }
  server {
    listen unix:${socket} http2;
    keepalive_requests 100000000;
    location / { grpc_pass grpc://runtime; grpc_set_header Host localhost; }
  }
}
`;

/** Ends HTTP/2 on one side and speaks it anew on the other. */
export const startNginx = async (context: BenchContext, runtime: string): Promise<string> => {
  const socket = join(context.folder, 'nginx.sock');
  const config = join(context.folder, 'nginx.conf');
  await writeFile(config, nginxConfig(context.folder, socket, runtime));
  context.owns(await start(['nginx', '-e', 'stderr', '-p', context.folder, '-c', config]));
  await ready(socket);
  return socket;
};
