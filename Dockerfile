# One image for every process of Steward: `steward api`, `steward worker`, `steward migrate`. It runs as an ordinary user
# and writes nothing to its own file system.
FROM node:20-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
ENV PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
RUN npm ci --no-audit --no-fund
COPY web/ ./
COPY api/openapi.json ../api/openapi.json
RUN npm run build

FROM golang:1.26 AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/web/dist ./web/dist
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /steward ./cmd/steward

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=program /steward /usr/local/bin/steward
COPY LICENSE /usr/share/doc/steward/LICENSE
USER nonroot
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/steward"]
CMD ["api", "--listen", "0.0.0.0:8080"]
