import { execFile, execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requirePart } from './parts.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const execute = promisify(execFile);

/** How an image is signed: with a key or with a certificate that names an identity; at a tag, or as a bundle that refers to the image. */
export type SigningWay = 'key at a tag' | 'key in a bundle' | 'identity at a tag' | 'identity in a bundle';

export const signingWays: readonly SigningWay[] = [
  'key at a tag',
  'key in a bundle',
  'identity at a tag',
  'identity in a bundle',
];

/** The identity in the certificate. */
export const signer = { subject: 'https://ci.example/acme/web/release', issuer: 'https://ci.example' } as const;

/** The real cosign with a key pair, an authority, and a server of timestamps of its own; nothing is asked of anybody else. */
export interface CosignSigner extends AsyncDisposable {
  readonly publicKey: string;
  /** `trusted_root.json` as cosign writes it: the authority of the certificate, and that of the timestamps. */
  readonly trustedRoot: string;
  /** `image` is `host/repository@digest`, at a registry that speaks plain HTTP. */
  sign(image: string, way: SigningWay): Promise<void>;
}

export async function createCosignSigner(): Promise<CosignSigner> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await createTemporaryFolder('cosign'));
  const run = (...args: readonly string[]) =>
    execute(requirePart('cosign'), args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, COSIGN_PASSWORD: '' },
    });
  await run('generate-key-pair');
  await createAuthority(folder);
  await run('import-key-pair', '--key', 'leaf.key', '--output-key-prefix', 'leaf-cosign');
  const server = await serveTimestamps(folder);
  stack.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const { port } = server.address() as { port: number };
  await run(...rootArguments);
  const signingConfig = ['signing-config', 'create', '--tsa-config=EXACT:1', '--out=signing.json'];
  const since = 'api-version=1,start-time=2024-01-01T00:00:00Z,operator=example';
  await run(...signingConfig, `--tsa=url=http://127.0.0.1:${port}/,${since}`);
  const waysToSign: Readonly<Record<SigningWay, readonly string[]>> = {
    'key at a tag': ['--key=cosign.key', ...atTag],
    'key in a bundle': ['--key=cosign.key', '--use-signing-config=false', '--tlog-upload=false'],
    'identity at a tag': [...certificate, ...atTag, `--timestamp-server-url=http://127.0.0.1:${port}/`],
    'identity in a bundle': [...certificate, '--signing-config=signing.json', '--trusted-root=root.json'],
  };
  const publicKey = await readFile(join(folder, 'cosign.pub'), 'utf8');
  const trustedRoot = await readFile(join(folder, 'root.json'), 'utf8');
  const resources = stack.move();
  return {
    publicKey,
    trustedRoot,
    sign: async (image, way) => void (await run('sign', '--yes', '--allow-http-registry', ...waysToSign[way], image)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const certificate = ['--key=leaf-cosign.key', '--certificate=leaf.pem', '--certificate-chain=ca.pem'];
const atTag = ['--use-signing-config=false', '--new-bundle-format=false', '--tlog-upload=false'];
const rootArguments = [
  'trusted-root',
  'create',
  '--fulcio=url=https://ca.example,certificate-chain=ca.pem,start-time=2020-01-01T00:00:00Z',
  '--tsa=url=https://tsa.example,certificate-chain=tsa-chain.pem,start-time=2020-01-01T00:00:00Z',
  '--out=root.json',
];

/** The extensions that Sigstore's own authority writes: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const extensions = `
[ca]
basicConstraints=critical,CA:true,pathlen:1
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[leaf]
basicConstraints=CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage=codeSigning
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=critical,URI:${signer.subject}
1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:${signer.issuer}
[tsa]
basicConstraints=CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[ts]
default_tsa=timestamps
[timestamps]
serial=./ts.serial
default_policy=1.2.3.4
digests=sha256,sha384,sha512
signer_digest=sha256
accuracy=secs:1
ess_cert_id_alg=sha256
`;

async function createAuthority(folder: string): Promise<void> {
  const openssl = (...args: readonly string[]) => execute(requirePart('openssl'), args, { cwd: folder });
  await writeFile(join(folder, 'pki.cnf'), extensions);
  await writeFile(join(folder, 'request.cnf'), '[req]\ndistinguished_name=name\n[name]\n');
  await writeFile(join(folder, 'ts.serial'), '01\n');
  for (const name of ['ca', 'leaf', 'tsa']) {
    await openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', `${name}.key`);
    const subject = ['-subj', `/O=example/CN=${name}`, '-config', 'request.cnf'];
    await openssl('req', '-new', '-key', `${name}.key`, ...subject, '-out', `${name}.csr`);
    const by = name === 'ca' ? ['-signkey', 'ca.key'] : ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    const what = ['-days', '7300', '-extfile', 'pki.cnf', '-extensions', name, '-out', `${name}.pem`];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...by, ...what);
  }
  const chain = await Promise.all(['tsa.pem', 'ca.pem'].map((name) => readFile(join(folder, name), 'utf8')));
  await writeFile(join(folder, 'tsa-chain.pem'), chain.join(''));
}

/** RFC 3161 over HTTP, by openssl. */
async function serveTimestamps(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answerTimestamp(folder, Buffer.concat(chunks)).then(
        (bytes) => response.writeHead(201, { 'content-type': 'application/timestamp-reply' }).end(bytes),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

let queries = 0;

async function answerTimestamp(folder: string, query: Buffer): Promise<Buffer> {
  queries += 1;
  const file = `query-${queries}.tsq`;
  await writeFile(join(folder, file), query);
  const signing = ['-signer', 'tsa.pem', '-inkey', 'tsa.key', '-chain', 'ca.pem'];
  const args = ['ts', '-reply', '-config', 'pki.cnf', '-section', 'timestamps', '-queryfile', file, ...signing];
  return execFileSync(requirePart('openssl'), args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
}
