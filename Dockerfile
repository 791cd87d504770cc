# kustomize and helm, built from their Go modules: the versions are fixed, and Go checks the sources against its public checksum database.
FROM golang:1.26-bookworm AS tools
ENV CGO_ENABLED=0
RUN go install -trimpath -ldflags='-s -w' sigs.k8s.io/kustomize/kustomize/v5@v5.8.1 \
 && go install -trimpath -ldflags='-s -w' helm.sh/helm/v4/cmd/helm@v4.3.1

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev

FROM node:24-bookworm-slim
# git and ssh speak to remotes; their versions come with the base image's release.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=1000 --group=1000 --mode=0700 /var/lib/tagalong
COPY --from=tools /go/bin/kustomize /go/bin/helm /usr/local/bin/
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
# The state folder is $XDG_STATE_HOME/tagalong. node:sqlite still warns that it is new. A small young generation keeps the garbage of
# long tag lists from staying resident, at no cost in time that `npm run bench -- scanning` shows.
# The heap may have 60% of the container's memory limit, so that git, kustomize and buffers have the rest and the kernel ends none of them;
# near either limit the bot slows down by itself.
ENV NODE_ENV=production XDG_STATE_HOME=/var/lib MALLOC_ARENA_MAX=2 NODE_OPTIONS="--disable-warning=ExperimentalWarning --max-semi-space-size=2 --max-old-space-size-percentage=60"
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run"]
