# Hercules on SQLite, one node. Settings come from /data/hercules.toml or the environment.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements/runtime.lock requirements/runtime.lock
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY hercules hercules
COPY rules rules
COPY sample_logs sample_logs
COPY kb_index kb_index
RUN pip install --no-cache-dir build==1.3.0 && python -m build --wheel && /app/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data hercules && install -d -o hercules -m 0700 /data
COPY --from=build /app /app
USER hercules
WORKDIR /data
VOLUME /data
ENV HERCULES_DATA=/data/store HERCULES_SERVER__HOST=0.0.0.0 HERCULES_SERVER__BEHIND_PROXY=true
EXPOSE 8321
HEALTHCHECK --interval=30s --timeout=5s CMD ["/app/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8321/healthz', timeout=4)"]
CMD ["/app/bin/hercules", "serve"]
