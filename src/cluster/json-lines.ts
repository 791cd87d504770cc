import { ClusterError } from './error.ts';

const newline = 0x0a;

/** The JSON values of a stream with one on each line; a last line without an end was cut and is left out. */
export async function* readJsonLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  let pending: Buffer[] = []; // a long line arrives in many pieces; they are joined once, at its end
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
      pending = [];
      start = end + 1;
      if (line.trim() !== '') yield parseLine(line);
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new ClusterError('SERVER_ERROR', 'a watch sent a line that is not JSON', { cause });
  }
}
