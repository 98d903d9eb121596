# The page with its weights, served as a non-root user.
#
#   docker build -t lvad-twin .
#   docker run --rm -p 127.0.0.1:8501:8501 lvad-twin               CPU
#   docker run --rm -p 127.0.0.1:8501:8501 --gpus all lvad-twin    GPU: torch's wheels bring CUDA, the host its driver
#
# Any base with Python 3.11 or newer and pip will do; no further system packages are needed.
ARG BASE=python:3.12-slim
FROM ${BASE}

# numba keeps compiled equations beside the source, where this user may not write, so it is given a place. It is not
# filled here: compiled code fits only the processor it was made on, and making it takes a second.
ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    NUMBA_CACHE_DIR=/home/twin/.cache/numba

# In one layer, since every layer is a few gigabytes of torch: exactly the files whose hashes are in the lock.
WORKDIR /app
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
        --require-hashes -r requirements.lock \
    && useradd --create-home --uid 10001 twin

COPY LICENSE ./
COPY .streamlit .streamlit
COPY twin_core twin_core
COPY assets assets
COPY dashboard dashboard
# The circuits' drawings, which the page shows.
COPY docs/circuit.svg docs/circuit.svg
COPY docs/closed_loop.svg docs/closed_loop.svg

USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD \
    ["python", "-c", \
    "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["python", "-m", "streamlit", "run", "dashboard/serve.py", \
    "--server.address=0.0.0.0", "--server.port=8501", "--server.fileWatcherType=none", \
    "--browser.serverAddress=localhost"]
