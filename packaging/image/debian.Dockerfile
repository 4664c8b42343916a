# What packaging/image/build.ts gives to buildah: two folders that it has put together, the same layout as Dockerfile makes.
FROM scratch
COPY --chown=0:0 system/ /
COPY --chown=0:0 sluice/ /
USER 65532:65532
RUN ["/bin/sh", "-c", "for program in delegate cli; do /usr/local/bin/node /opt/sluice/$program.js --version >/dev/null 2>&1 || true; done"]
ENV HOME=/tmp NODE_ENV=production PATH=/usr/local/bin:/usr/bin:/bin
WORKDIR /tmp
ENTRYPOINT ["/usr/local/bin/node", "/opt/sluice/cli.js"]
