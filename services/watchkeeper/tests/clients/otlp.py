"""Logs by the SDK of OpenTelemetry: python3 otlp.py http|http-gzip|grpc|grpc-gzip ENDPOINT SERVICE COUNT"""

import logging
import sys

from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

kind, endpoint, service, count = sys.argv[1:]
if kind.startswith("http"):
    from opentelemetry.exporter.otlp.proto.http._log_exporter import Compression, OTLPLogExporter

    exporter = OTLPLogExporter(endpoint=endpoint, compression=Compression.Gzip if kind.endswith("gzip") else Compression.NoCompression)
else:
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

    exporter = OTLPLogExporter(endpoint=endpoint, insecure=True, compression=grpc.Compression.Gzip if kind.endswith("gzip") else None)
provider = LoggerProvider(resource=Resource.create({"service.name": service, "host.name": "web-1"}))
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
log = logging.getLogger("shop")
log.setLevel(logging.DEBUG)
log.addHandler(LoggingHandler(logger_provider=provider))
for number in range(int(count)):
    log.info("order %d", number, extra={"order": number})
log.warning("slow", extra={"status": 504})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("broken")
provider.force_flush()
provider.shutdown()
