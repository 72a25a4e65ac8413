# The image: the wheel and its locked dependencies, no package manager, no root. Built from a checkout alone:
#
#   docker build --tag trofosfamide-cds .
#   docker run --read-only --volume cds-data:/data --network host trofosfamide-cds
#
# Until a table of trusted EHRs is configured the service answers on the loopback address only, which inside a
# container's own network nobody reaches. So it shares the network of the host (`--network host`) and is reached there
# at 127.0.0.1:8080, or it shares the network of the container beside it that calls it (`--network container:NAME`).
# All that it writes lies under /data; the rest of the file system may be read-only.

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
# A site with a package mirror of its own names it: docker build --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# The dependencies come first: while the lock stays the same, so does this layer.
COPY requirements/ requirements/
RUN python -m pip install --require-hashes --only-binary :all: --target /tools -r requirements/build.txt
RUN python -m venv --without-pip /app \
 && python -m pip --python /app/bin/python install --require-hashes --only-binary :all: -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY cds_service/ cds_service/
COPY cards/ cards/
COPY fhir_fixtures/ fhir_fixtures/
RUN PYTHONPATH=/tools python -m hatchling build --target wheel --directory /dist
RUN python -m pip --python /app/bin/python install --no-index --no-deps /dist/*.whl && mkdir /data

FROM python:${PYTHON}-slim
COPY --from=build /app /app
# A volume that is mounted here for the first time takes over this owner.
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CDS_DATA_DIR=/data TMPDIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/livez', timeout=2)"]
CMD ["cds", "serve", "--bind", "127.0.0.1:8080"]
