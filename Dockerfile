# A static binary in an image without shell or package manager, as a user
# without rights. git is only needed by scan, check, compare and demo, which
# are run outside.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /countersign ./cmd/countersign && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /countersign /countersign
COPY --from=build --chown=nonroot:nonroot /data /data
ENV COUNTERSIGN_DATA=/data
VOLUME /data
EXPOSE 8080
USER nonroot
ENTRYPOINT ["/countersign"]
CMD ["serve"]
