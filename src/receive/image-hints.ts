import { memberAt, textAt } from './read-body.ts';

/**
 * The images that a payload names, without tag and digest: of Docker Hub, Quay, Harbor, Azure, Google, GitHub, Nexus, CDEvents and, through
 * EventBridge, ECR, whatever the type of the Receiver. A hint where to look; nothing else of a payload is used.
 */
export function imageHints(payload: unknown): string[] {
  const named = [
    textAt(payload, 'docker_url'),
    dockerHub(payload),
    azure(payload),
    ...google(payload),
    ...harbor(payload),
    github(payload),
    amazon(payload),
    cdevents(payload),
  ];
  return [...new Set(named.map(withoutTag).filter((name) => imageGrammar.test(name)))];
}

const imageGrammar = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/;

/** Cuts the scheme, `@sha256:…` and `:tag`; what stands behind a colon and before a slash is a port. */
function withoutTag(name: string): string {
  return name
    .replace(/^[a-z]+:\/\//, '')
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '');
}

function dockerHub(payload: unknown): string {
  const name = textAt(payload, 'repository', 'repo_name');
  return memberAt(payload, 'push_data') === undefined || name === '' ? '' : `docker.io/${name}`;
}

function azure(payload: unknown): string {
  const [host, repository] = [textAt(payload, 'request', 'host'), textAt(payload, 'target', 'repository')];
  return host === '' || repository === '' ? '' : `${host}/${repository}`;
}

/** Artifact Registry and GCR: the inner object of the Pub/Sub message. */
function google(payload: unknown): string[] {
  return textAt(payload, 'action') === '' ? [] : [textAt(payload, 'tag'), textAt(payload, 'digest')];
}

function harbor(payload: unknown): string[] {
  const resources = memberAt(payload, 'event_data', 'resources');
  return Array.isArray(resources) ? resources.map((resource) => textAt(resource, 'resource_url')) : [];
}

function github(payload: unknown): string {
  const event = memberAt(payload, 'registry_package') ?? memberAt(payload, 'package');
  return textAt(event, 'package_version', 'package_url');
}

function amazon(payload: unknown): string {
  if (textAt(payload, 'source') !== 'aws.ecr') return '';
  const [account, region] = [textAt(payload, 'account'), textAt(payload, 'region')];
  const name = textAt(payload, 'detail', 'repository-name');
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return name === '' ? '' : `${account}.dkr.ecr.${region}.${suffix}/${name}`;
}

/** `pkg:oci/web@sha256:…?repository_url=ghcr.io/acme/web` of an artifact event. */
function cdevents(payload: unknown): string {
  const id = textAt(payload, 'subject', 'id');
  if (!id.startsWith('pkg:oci/')) return '';
  return new URLSearchParams(id.slice(id.indexOf('?') + 1)).get('repository_url') ?? '';
}
