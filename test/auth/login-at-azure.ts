// A login at Azure as a process of its own, since Entra ID is spoken to over https alone and trust is the process's:
// `node login-at-azure.ts <authority> <client id> <tenant id>` prints the kind of the credentials and the token.
import { createCloudLogins } from '../../src/auth/index.ts';
import { systemClock } from '../../src/core/index.ts';

const [azureAuthority = '', clientId = '', tenantId = ''] = process.argv.slice(2);
const logins = createCloudLogins({ clock: systemClock, endpoints: { azureAuthority } });
const annotations = { 'azure.workload.identity/client-id': clientId, 'azure.workload.identity/tenant-id': tenantId };
const createToken = async (audience: string) => `token of apps/scanner for ${audience}`;
const account = { namespace: 'apps', name: 'scanner', annotations, createToken };
const credentials = await logins.login({ provider: 'azure', registry: 'acme.azurecr.io', account });
process.stdout.write(`${credentials.kind} ${credentials.kind === 'exchange' ? credentials.token.reveal() : ''}`);
