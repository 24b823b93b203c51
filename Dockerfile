# The studio in a container: nothing but the program and ffmpeg, not as root, on a read-only root.
#
#   docker build -t vivant .
#   docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v vivant:/data -p 127.0.0.1:8890:8890 vivant
#
# The address with its token is printed; films are kept in the volume.

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package cli

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin vivant \
    && install --directory --owner vivant --group vivant --mode 0700 /data
COPY --from=build /source/target/release/vivant /usr/local/bin/vivant
USER 10001
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/data/config
VOLUME /data
EXPOSE 8890
ENTRYPOINT ["vivant"]
# 0.0.0.0 is the container's own network; the port is published on 127.0.0.1 above
CMD ["serve", "--listen", "0.0.0.0", "--folder", "/data/studio"]
