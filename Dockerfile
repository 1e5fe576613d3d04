FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/pipeline \
 && /opt/pipeline/bin/pip install --quiet --no-cache-dir --no-deps --require-hashes -r requirements.lock \
 && python -m pip install --quiet --no-cache-dir --no-deps --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY topics topics
COPY pipeline pipeline
RUN python -m build -qq --wheel --no-isolation \
 && /opt/pipeline/bin/pip install --quiet --no-cache-dir --no-deps dist/*.whl \
 && cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file /src/sbom.json /opt/pipeline \
 && /opt/pipeline/bin/python -m compileall -q /opt/pipeline

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home pipeline
COPY --from=build /opt/pipeline /opt/pipeline
COPY --from=build /src/sbom.json /usr/share/sbom/kameleoon-pipeline.cdx.json
ENV PATH=/opt/pipeline/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 10001
STOPSIGNAL SIGTERM
# Of a worker that listens at its default port; whoever runs another verb, or another port, says otherwise.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9464/live', timeout=3)"]
# Who builds knows where the sources are and which commit this is.
ARG VERSION=0.1.0
ARG SOURCE=
ARG REVISION=
LABEL org.opencontainers.image.title="kameleoon-pipeline" \
      org.opencontainers.image.description="Segment events from your own Kafka to Kameleoon: nothing lost, order kept per visitor, every event accounted for." \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.revision="$REVISION"
ENTRYPOINT ["kameleoon-pipeline"]
CMD ["--help"]
