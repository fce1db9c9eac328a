# The harness, both adapters and both compiled ports, without a compiler: docs/container.md.
# Every stage starts from one Debian 12. Name it by its digest where an image must be the same again:
#   docker build --build-arg DEBIAN=debian@sha256:DIGEST .
ARG DEBIAN=debian:bookworm-slim

FROM ${DEBIAN} AS haskell
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Versions are those of the base's Debian, which the digest of the base pins only in part.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends \
      cabal-install ca-certificates g++ ghc python3 python3-venv \
      libghc-aeson-dev libghc-double-conversion-dev libghc-hspec-dev libghc-quickcheck2-dev libghc-scientific-dev libghc-vector-dev \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.build.lock /src/
RUN python3 -m venv /build && /build/bin/pip install --no-cache-dir --require-hashes -r /src/requirements.build.lock
ENV PATH=/build/bin:$PATH
COPY LICENSE /src/
COPY doge-core /src/doge-core
# A commit's time would make every stage anew at every commit.
ARG SOURCE_DATE_EPOCH=315532800
RUN SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" /src/doge-core/wheel/build /wheels python

FROM ${DEBIAN} AS rust
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates cargo-web gcc libc6-dev python3 python3-venv rustc-web \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.build.lock /src/
RUN python3 -m venv /build && /build/bin/pip install --no-cache-dir --require-hashes -r /src/requirements.build.lock
ENV PATH=/build/bin:$PATH
COPY doge-hmm /src/doge-hmm
ARG SOURCE_DATE_EPOCH=315532800
RUN SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels /src/doge-hmm
# The Python half last: it changes most often.
COPY pyproject.toml README.md LICENSE state_machine.py hmm_regime_detector.py /src/doge-parity/
COPY reducer /src/doge-parity/reducer
COPY detector /src/doge-parity/detector
COPY doge_core /src/doge-parity/doge_core
COPY doge_detector /src/doge-parity/doge_detector
COPY doge_shadow /src/doge-parity/doge_shadow
COPY doge_telemetry /src/doge-parity/doge_telemetry
COPY generators /src/doge-parity/generators
COPY golden /src/doge-parity/golden
COPY harness /src/doge-parity/harness
RUN SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels /src/doge-parity

FROM ${DEBIAN} AS runtime
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libgomp1 python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.runtime.lock /opt/
RUN python3 -m venv /opt/doge && /opt/doge/bin/pip install --no-cache-dir --require-hashes -r /opt/requirements.runtime.lock
# Copied, though a mount would leave no layer (4 MB): a cached step does not look at what a mount holds, and so keeps old wheels.
COPY --from=haskell /wheels /wheels/haskell
COPY --from=rust /wheels /wheels/rust
# A ledger lies in /data; mount a volume to keep it. Nothing else of the root need be written to but /tmp.
RUN /opt/doge/bin/pip install --no-cache-dir --no-deps --no-index /wheels/haskell/*.whl /wheels/rust/*.whl \
    && useradd --system --uid 10001 --home-dir /data --create-home doge
USER 10001
WORKDIR /data
ENV PATH=/opt/doge/bin:$PATH LANG=C.UTF-8 PYTHONUNBUFFERED=1 PORT=8737
EXPOSE 8737
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
# The status server asks for a token where others can reach it: set PARITY_TOKEN.
CMD ["sh", "-c", "exec parity serve --host 0.0.0.0 --port \"$PORT\""]
