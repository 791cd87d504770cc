import { kubernetesContract } from '../contract/kubernetes-contract.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { startKubeApiServer } from '../real/index.ts';

describeWithParts(['kube-apiserver', 'etcd', 'kube-controller-manager'], 'a real Kubernetes API', () => {
  kubernetesContract('kube-apiserver', async () => {
    const server = await startKubeApiServer({ controllerManager: true });
    return {
      url: server.url,
      token: server.token,
      caPem: server.caData,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  });
});
