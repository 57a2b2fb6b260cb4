import type { Direction } from '../../src/foundation/direction.ts';
import type { SourceEvent } from '../../src/source/event.ts';

// The bytes of a capture as TCP in a pcap file, for decoders that read nothing else: a handshake and segments with
// right sequence numbers, and no checksums.

export const serverPort = 10_000;

const linkTypeRawIp = 101;
const ipHeader = 20;
const tcpHeader = 20;
/** An IPv4 packet has at most 65535 bytes. */
const segmentBytes = 65_535 - ipHeader - tcpHeader;
const [fin, syn, ack] = [0x01, 0x02, 0x10];

const fileHeader = (): Buffer => {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d, 0); // times in nanoseconds
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(linkTypeRawIp, 20);
  return header;
};

interface Flow {
  /** Of the next byte of each direction. */
  readonly sequence: Record<Direction, number>;
  readonly address: number;
  readonly port: number;
}

const packetHeads = (flow: Flow, direction: Direction, flags: number, length: number, at: bigint): Buffer => {
  const heads = Buffer.alloc(16 + ipHeader + tcpHeader);
  const total = ipHeader + tcpHeader + length;
  heads.writeUInt32LE(Number(at / 1_000_000_000n), 0);
  heads.writeUInt32LE(Number(at % 1_000_000_000n), 4);
  heads.writeUInt32LE(total, 8);
  heads.writeUInt32LE(total, 12);
  const request = direction === 'request';
  const server = 0x0a000001;
  heads.writeUInt8(0x45, 16);
  heads.writeUInt16BE(total, 18);
  heads.writeUInt8(64, 24);
  heads.writeUInt8(6, 25);
  heads.writeUInt32BE(request ? flow.address : server, 28);
  heads.writeUInt32BE(request ? server : flow.address, 32);
  heads.writeUInt16BE(request ? flow.port : serverPort, 36);
  heads.writeUInt16BE(request ? serverPort : flow.port, 38);
  heads.writeUInt32BE(flow.sequence[direction] >>> 0, 40);
  heads.writeUInt32BE(flow.sequence[request ? 'response' : 'request'] >>> 0, 44);
  heads.writeUInt8(0x50, 48);
  heads.writeUInt8(flags, 49);
  heads.writeUInt16BE(0xffff, 50);
  flow.sequence[direction] += length + (flags & (syn | fin) ? 1 : 0);
  return heads;
};

/** `passes` times the same events, each pass with connections of its own. */
export const pcapOf = (events: readonly SourceEvent[], passes: number): Buffer => {
  const parts: Buffer[] = [fileHeader()];
  let flows = 0;
  for (let pass = 0; pass < passes; pass++) {
    const open = new Map<number, Flow>();
    const packet = (flow: Flow, direction: Direction, flags: number, bytes: Uint8Array, at: bigint): void => {
      parts.push(packetHeads(flow, direction, flags, bytes.length, at), Buffer.from(bytes));
    };
    for (const event of events) {
      const at = event.seen.at;
      if (event.kind === 'open') {
        const [address, port] = [0x0a010000 + Math.floor(flows / 20_000), 20_000 + (flows % 20_000)];
        flows += 1;
        const flow: Flow = { sequence: { request: 0, response: 0 }, address, port };
        open.set(event.connection, flow);
        packet(flow, 'request', syn, noBytes, at);
        packet(flow, 'response', syn | ack, noBytes, at);
        packet(flow, 'request', ack, noBytes, at);
      }
      if (event.kind === 'data') {
        const flow = open.get(event.connection);
        for (let from = 0; flow !== undefined && from < event.bytes.length; from += segmentBytes)
          packet(flow, event.direction, ack, event.bytes.subarray(from, from + segmentBytes), at);
      }
    }
  }
  return Buffer.concat(parts);
};

const noBytes = new Uint8Array(0);
