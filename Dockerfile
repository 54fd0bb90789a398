# hilum serve on processors: no torch, no compiler, not root, nothing written but below /tmp.
#
#   docker build -t hilum .
#   docker run --rm --read-only --tmpfs /tmp:mode=1777,size=4g --cap-drop ALL \
#     --security-opt no-new-privileges -v "$PWD/runs/first:/run-to-serve:ro" -p 127.0.0.1:8000:8000 hilum
#
# The token is printed; HILUM_SERVE_TOKEN (-e) sets one. Research use only; not a medical device.
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY src src
RUN python -m venv /opt/hilum \
 && /opt/hilum/bin/pip install --no-cache-dir --no-compile '.[predict,serve]' \
 && /opt/hilum/bin/pip uninstall --yes pip setuptools \
 && find /opt/hilum -name '__pycache__' -prune -exec rm -rf {} + \
 && find /opt/hilum -type d -name tests -prune -exec rm -rf {} +

FROM python:3.11-slim
COPY --from=build /opt/hilum /opt/hilum
RUN useradd --system --no-create-home --shell /usr/sbin/nologin hilum
USER hilum
ENV PATH=/opt/hilum/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HILUM_CACHE=/tmp/hilum-cache
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "-c", \
  "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["hilum", "serve"]
CMD ["/run-to-serve", "--host", "0.0.0.0"]
