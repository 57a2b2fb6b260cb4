import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { descriptorOf } from './descriptor.ts';

const pieceBytes = 64 * 1024;

/**
 * Lets a socket say as `data` what it holds already, and returns what the kernel still holds of its peer's bytes, up to
 * `maxBytes`. For the callback of a failed write: a peer that went away may have answered before, and Node closes the
 * descriptor, with all that is unread, as soon as that callback returns.
 */
export const lastWords = (socket: Socket, maxBytes: number): readonly Buffer[] => {
  const descriptor = descriptorOf(socket);
  if (descriptor === null) return [];
  socket.read();
  const pieces: Buffer[] = [];
  for (let left = maxBytes; left > 0; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, left));
    let length = 0;
    try {
      length = readSync(descriptor, piece);
    } catch {
      // Nothing more for now (EAGAIN), or a reset.
    }
    if (length === 0) break;
    pieces.push(piece.subarray(0, length));
    left -= length;
  }
  return pieces;
};
