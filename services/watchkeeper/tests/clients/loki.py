"""Logs by python-logging-loki: python3 loki.py URL SERVICE COUNT"""

import logging
import sys

import logging_loki

url, service, count = sys.argv[1:]
log = logging.getLogger("shop")
log.addHandler(logging_loki.LokiHandler(url=url, tags={"app": service}, version="1"))
for number in range(int(count)):
    log.warning("order %d", number, extra={"tags": {"order": str(number)}})
