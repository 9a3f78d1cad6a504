// Logs by winston-loki, as JSON and as protobuf: node loki.mjs URL SERVICE COUNT
import winston from "winston";
import LokiTransport from "winston-loki";

const [host, service, count] = process.argv.slice(2);
const fail = (error) => {
  console.error(error);
  process.exit(1);
};
for (const [kind, json] of [["json", true], ["protobuf", false]]) {
  const labels = { app: `${service}-${kind}` };
  const transport = new LokiTransport({ host, labels, json, batching: true, interval: 1, onConnectionError: fail });
  const log = winston.createLogger({ transports: [transport] });
  for (let number = 0; number < Number(count); number += 1) log.warn(`order ${number}`);
  await transport.flush();
}
process.exit(0);
