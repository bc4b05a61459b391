/** An upload whose data come when the test sends them. */
import { request } from 'node:http';

export interface SlowUpload {
  send(data: Uint8Array): Promise<void>;
  /** Sends the rest, and gives the status of the answer. */
  finish(data: Uint8Array): Promise<number>;
  /** Breaks off. */
  abort(): void;
}

/** `url`: where the data go. The connection is made with the first data. */
export function beginUpload(url: string, token: string): SlowUpload {
  const upload = request(url, {
    method: 'PUT',
    headers: { 'x-auth-token': token, 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' },
  });
  const answered = new Promise<number>((resolve, reject) => {
    upload.once('error', reject);
    upload.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  // Whoever waits for it learns of the failure; until then it is nobody's.
  answered.catch(() => undefined);
  return {
    send: (data) =>
      new Promise((resolve, reject) => upload.write(data, (error) => (error ? reject(error) : resolve()))),
    finish: (data) => {
      upload.end(data);
      return answered;
    },
    abort: () => upload.destroy(),
  };
}
