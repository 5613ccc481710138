# Tracefold's image: the compiled sources, their production dependencies, the rules and the sample logs.
#
#   docker build -t tracefold .
#   docker run -p 127.0.0.1:7171:7171 -v tracefold-data:/data tracefold
#
# Without settings it runs embedded and keeps its database in /data. It writes nowhere else, so `--read-only` works.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24.21.0-bookworm-slim
# All addresses, since only the container's own network can reach them; what the host sees, `-p` decides.
ENV NODE_ENV=production TRACEFOLD_HTTP_HOST=0.0.0.0 TRACEFOLD_EMBEDDED_PATH=/data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/alerts ./alerts
COPY --from=build /app/patterns ./patterns
COPY --from=build /app/samples ./samples
COPY --from=build /app/docs ./docs
RUN install -d -o node -g node /data
VOLUME /data
# The user `node`, by number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 7171
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TRACEFOLD_HTTP_PORT ?? 7171}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/cli.js"]
CMD ["run"]
