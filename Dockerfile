# One image for every service; which one runs is the command: `docker run IMAGE services/segments/src/main.ts`.
FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HTTP_HOST=0.0.0.0 HTTP_PORT=8080
COPY . .
# The sources run as they are; the development tools, among them the local stack's engine, stay out.
RUN npx -y pnpm@12.21.0 install --prod --frozen-lockfile --pm-on-fail=ignore && rm -rf /root/.npm /root/.cache
USER node
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --retries=24 CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HTTP_PORT + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
