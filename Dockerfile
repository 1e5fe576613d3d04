FROM python:3.12-slim AS build
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
 && /opt/pipeline/bin/python -m compileall -q /opt/pipeline

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home pipeline
COPY --from=build /opt/pipeline /opt/pipeline
ENV PATH=/opt/pipeline/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["kameleoon-pipeline"]
CMD ["--help"]
