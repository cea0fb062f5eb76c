# dossier-ledger in a container: `serve` by default; `work`, `migrate` and every other command by their names.
#
#   docker build --tag dossier-ledger .
#
# Everything that is installed is pinned and hashed in requirements.txt. Nothing is compiled, and the program runs as an
# account that owns nothing but its data.
FROM python:3.13.7-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/dossier-ledger
COPY requirements.txt ./
RUN /opt/dossier-ledger/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/dossier-ledger/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13.7-slim-bookworm
RUN groupadd --gid 10001 ledger \
  && useradd --uid 10001 --gid ledger --no-create-home --shell /usr/sbin/nologin ledger \
  && install --directory --owner=ledger --group=ledger --mode=0700 /var/lib/dossier-ledger /var/lib/dossier-ledger-outside
COPY --from=build /opt/dossier-ledger /opt/dossier-ledger
ENV PATH=/opt/dossier-ledger/bin:$PATH \
  PYTHONUNBUFFERED=1 \
  PYTHONDONTWRITEBYTECODE=1 \
  DATA_DIR=/var/lib/dossier-ledger \
  OUTSIDE_DIR=/var/lib/dossier-ledger-outside \
  HOST=0.0.0.0 \
  PORT=8000 \
  METRICS_HOST=0.0.0.0 \
  METRICS_PORT=9000
USER 10001:10001
VOLUME ["/var/lib/dossier-ledger", "/var/lib/dossier-ledger-outside"]
EXPOSE 8000 9000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["dossier-ledger"]
CMD ["serve"]
