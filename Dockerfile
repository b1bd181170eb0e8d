# The service as an image: docker build -t textlogin .
FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/textlogin
ENV PATH=/opt/textlogin/bin:$PATH
COPY requirements.txt ./
RUN pip install --only-binary :all: --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY storage storage
COPY webhooks webhooks
# uv-build made the wheel; pip made the environment. The service needs neither.
RUN pip install --no-index --no-deps --no-build-isolation . \
    && python -m compileall -q /opt/textlogin/lib \
    && pip uninstall -y uv-build pip setuptools

FROM python:3.11.14-slim-bookworm

RUN groupadd --system --gid 10001 textlogin \
    && useradd --system --uid 10001 --gid textlogin --no-create-home --shell /usr/sbin/nologin textlogin \
    && install -d -o textlogin -g textlogin /data
COPY --from=build /opt/textlogin /opt/textlogin
# Nothing is written but the SQLite file, if there is one: the root file system may be read-only.
ENV PATH=/opt/textlogin/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
WORKDIR /data
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["textlogin"]
CMD ["serve"]
