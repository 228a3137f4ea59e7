# One image for every process of Steward: `steward api`, `steward worker`, `steward migrate`. It holds the program, certificates,
# fonts for receipts and nothing else, runs as an ordinary user (65532) and writes to /tmp only.
#
# Behind mirrors: --build-arg BASE_IMAGES=<registry>/<path>/ (with the slash) puts a prefix before the two base images,
# GOPROXY and NPM_REGISTRY name the mirrors of Go modules and npm packages, GOSUMDB=off where the checksum database is out of reach
# (go.sum is still checked).
ARG BASE_IMAGES=

FROM ${BASE_IMAGES}node:20.20.2-bookworm-slim AS page
WORKDIR /src/web
ARG NPM_REGISTRY=
ENV PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    if [ -n "$NPM_REGISTRY" ]; then export npm_config_registry="$NPM_REGISTRY"; fi; npm ci
COPY web/ ./
COPY api/openapi.json ../api/openapi.json
RUN npm run build

FROM ${BASE_IMAGES}golang:1.26.8-bookworm AS program
WORKDIR /src
ARG GOPROXY=
ARG GOSUMDB=
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
# What receipts are printed with.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-droid-fallback fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    export GOPROXY="${GOPROXY:-$(go env GOPROXY)}" GOSUMDB="${GOSUMDB:-$(go env GOSUMDB)}"; go mod download
COPY . .
COPY --from=page /src/web/dist ./web/dist
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOPROXY=off go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /image/usr/local/bin/steward ./cmd/steward \
    && cp -r --parents /usr/share/fonts/truetype/droid /usr/share/fonts/truetype/dejavu /image/ \
    && mkdir -p /image/etc/ssl/certs /image/usr/share/doc/steward /image/tmp \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && cp -r "$(go env GOROOT)/lib/time/zoneinfo.zip" /image/usr/share/zoneinfo.zip \
    && cp LICENSE /image/usr/share/doc/steward/ \
    && echo 'steward:x:65532:65532:steward:/:/sbin/nologin' >/image/etc/passwd \
    && chmod 1777 /image/tmp

# --target backup: the same program with MySQL's own tools, which `steward backup` and `steward restore` run.
FROM ${BASE_IMAGES}mysql:8.4.10 AS backup
COPY --from=program /image/usr/local/bin/steward /usr/local/bin/steward
USER mysql
ENTRYPOINT ["/usr/local/bin/steward"]
CMD ["backup", "--help"]

FROM scratch
COPY --from=program /image/ /
ENV ZONEINFO=/usr/share/zoneinfo.zip
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/steward"]
CMD ["api", "--listen", "0.0.0.0:8080"]
# Of the API. A worker is asked at the address that it listens on: docker-compose.yml says how.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/steward", "healthcheck", "--url", "http://127.0.0.1:8080/readyz"]
